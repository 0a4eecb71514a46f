import * as tf from '@tensorflow/tfjs-core';
import { boundedLogScale } from '../../nn/boundedLogScale.ts';
import { orthogonal } from '../../nn/initializers.ts';
import { positiveInteger } from '../../nn/positiveInteger.ts';
import { checkOptions } from '../../options/checkArguments.ts';
import { portableMath } from '../../portableMath.ts';
import { LowRankAffine } from '../linear/lowRankAffine.ts';
import type { VectorFamily } from './vectorFamily.ts';

/** D at first: little enough to begin near the identity, and V is not 0, where its gradient would be. */
const INITIAL_D = 0.01;

/** Options of {@link lowRankAffineFamily}. */
export interface LowRankAffineFamilyOptions {
  /** The columns of V; 2, or the dimension where that is less. */
  readonly rank?: number;
  /** Whether M has entries below its diagonal; else everything is linear in the dimension. */
  readonly triangular?: boolean;
}

/**
 * {@link LowRankAffine}, near the identity at first. The diagonals of M and D lie between e⁻¹⁰ and e¹⁰ times what they are at first,
 * smoothly. Parameters: shift, log M_ii, what M has below its diagonal, V row by row, log D.
 * @throws if `rank` is no positive integer
 */
export function lowRankAffineFamily(options: LowRankAffineFamilyOptions = {}): VectorFamily {
  const { rank, triangular = false } = checkOptions('lowRankAffineFamily', options, {
    rank: [Number, undefined],
    triangular: [Boolean, undefined],
  });
  if (rank !== undefined) positiveInteger('lowRankAffineFamily', 'rank', rank);
  const sizesFor = (dim: number) => {
    const columns = rank ?? Math.min(2, dim);
    return { columns, below: triangular ? (dim * (dim - 1)) / 2 : 0 };
  };
  return {
    name: 'lowRankAffine',
    parameterCount(dim) {
      const { columns, below } = sizesFor(dim);
      return 2 * dim + below + (dim + 1) * columns;
    },
    initialParameters(dim, rng) {
      const { columns, below } = sizesFor(dim);
      const parameters = new Float32Array(2 * dim + below + (dim + 1) * columns);
      parameters.set(orthogonal()(dim, columns, rng), 2 * dim + below);
      return parameters;
    },
    bijector(parameters, dim) {
      const { columns, below } = sizesFor(dim);
      const sizes = [dim, dim, ...(below > 0 ? [below] : []), dim * columns, columns];
      const pieces = tf.split(parameters, sizes, -1);
      const [shift, logDiagonal] = pieces as [tf.Tensor, tf.Tensor];
      const [v, logD] = pieces.slice(-2) as [tf.Tensor, tf.Tensor];
      return new LowRankAffine({
        shift,
        logDiagonal: boundedLogScale(logDiagonal, 1),
        ...(below > 0 && { offDiagonal: pieces[2]! }),
        v: tf.reshape(v, [...v.shape.slice(0, -1), dim, columns]),
        logD: tf.add(boundedLogScale(logD, 1), portableMath.log(INITIAL_D)),
      });
    },
  };
}
