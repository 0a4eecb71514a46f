/**
 * Stands for tfjs-layers on the site. The library imports that package for one effect, the gradients of all kernels; as modules, tfjs-core
 * has them itself, and a lab need not load layers that nothing there uses.
 */
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';

export { version_core as version_layers } from '@tensorflow/tfjs-core';
