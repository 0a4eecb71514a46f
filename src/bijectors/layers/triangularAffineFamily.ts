import * as tf from '@tensorflow/tfjs-core';
import { boundedLogScale } from '../../nn/boundedLogScale.ts';
import { TriangularAffine } from '../linear/triangularAffine.ts';
import type { VectorFamily } from './vectorFamily.ts';

/**
 * {@link TriangularAffine}, the identity at first; the diagonal lies between e⁻¹⁰ and e¹⁰. Parameters: shift, log L_ii, L's entries below
 * the diagonal.
 */
export const triangularAffineFamily: VectorFamily = {
  name: 'triangularAffine',
  parameterCount: (dim) => 2 * dim + (dim * (dim - 1)) / 2,
  initialParameters: (dim) => new Float32Array(2 * dim + (dim * (dim - 1)) / 2),
  bijector(parameters, dim) {
    const below = (dim * (dim - 1)) / 2;
    const [shift, raw, offDiagonal] = tf.split(parameters, below > 0 ? [dim, dim, below] : [dim, dim], -1);
    return new TriangularAffine({
      shift: shift!,
      logDiagonal: boundedLogScale(raw!, 1),
      ...(offDiagonal !== undefined && { offDiagonal }),
    });
  },
};
