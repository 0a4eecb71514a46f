import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
// Imported for its effect: it is the one package whose Node build registers the gradients of all kernels, which those of
// tfjs-core itself do not. Not by a bare import, which our declarations would repeat: its own fail without skipLibCheck.
import { version_layers } from '@tensorflow/tfjs-layers';
import { registerEmptyConcat } from './emptyConcat.ts';
import { registerGradients } from './gradients.ts';

if (version_layers !== tf.version_core) {
  throw new Error(
    `oxbow needs one version of tfjs, got tfjs-core ${tf.version_core} and tfjs-layers ${version_layers}`,
  );
}
registerGradients();
registerEmptyConcat();

try {
  // Until a backend is active, tfjs makes a new one at each request.
  tf.backend();
} catch {
  // Someone has registered a backend that starts asynchronously; they will wait for it.
}
// tfjs-cpu advises on its first use to install tfjs-node; here that choice is selectBackend's.
(tf.findBackend('cpu') as unknown as { firstUse: boolean }).firstUse = false;
