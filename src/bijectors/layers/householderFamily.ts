import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../../nn/positiveInteger.ts';
import { Householder } from '../linear/householder.ts';
import type { VectorFamily } from './vectorFamily.ts';

/**
 * {@link Householder} with `reflections` of them, or as many as dimensions, in random directions at first.
 * @throws if `reflections` is no positive integer
 */
export function householderFamily({ reflections }: { readonly reflections?: number } = {}): VectorFamily {
  if (reflections !== undefined) positiveInteger('householderFamily', 'reflections', reflections);
  return {
    name: 'householder',
    parameterCount: (dim) => (reflections ?? dim) * dim,
    initialParameters: (dim, rng) => rng.fillNormal(new Float32Array((reflections ?? dim) * dim)),
    bijector: (parameters, dim) =>
      new Householder(tf.reshape(parameters, [...parameters.shape.slice(0, -1), reflections ?? dim, dim])),
  };
}
