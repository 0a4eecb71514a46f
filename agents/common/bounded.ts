import type * as tf from '@tensorflow/tfjs-core';
import { clipByGlobalNorm } from '../../src/index.ts';

/** Gradients with a global norm of at most `maxNorm`, where that is given. */
export function bounded(gradients: readonly tf.Tensor[], maxNorm: number | undefined): readonly tf.Tensor[] {
  return maxNorm === undefined ? gradients : clipByGlobalNorm(gradients, maxNorm).gradients;
}
