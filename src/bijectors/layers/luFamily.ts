import * as tf from '@tensorflow/tfjs-core';
import { boundedLogScale } from '../../nn/boundedLogScale.ts';
import { Lu } from '../linear/lu.ts';
import type { VectorFamily } from './vectorFamily.ts';

/** {@link Lu}, the identity at first; U's diagonal lies between e⁻¹⁰ and e¹⁰. Parameters: log U_ii, L's entries, U's. */
export const luFamily: VectorFamily = {
  name: 'lu',
  parameterCount: (dim) => dim * dim,
  initialParameters: (dim) => new Float32Array(dim * dim),
  bijector(parameters, dim) {
    if (dim === 1) return new Lu({ logDiagonal: boundedLogScale(parameters, 1) });
    const entries = (dim * (dim - 1)) / 2;
    const [logDiagonal, lower, upper] = tf.split(parameters, [dim, entries, entries], -1);
    return new Lu({ logDiagonal: boundedLogScale(logDiagonal!, 1), lower: lower!, upper: upper! });
  },
};
