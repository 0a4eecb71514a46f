import * as tf from '@tensorflow/tfjs-core';
import * as b from '../../../src/bijectors/index.ts';
import { Rng } from '../../../src/random.ts';
import * as oracles from '../../oracle/bijectors.ts';
import { lowRankAffineParameters, ownLowRankAffine } from '../../oracle/linear.ts';
import type { BijectorCase } from './bijectorCase.ts';
import { variable } from './variable.ts';

/** V, which must not begin at 0. */
const factor = (dim: number, rank: number): tf.Variable =>
  tf.tidy(() => tf.variable(new Rng('factor').normalTensor([dim, rank])));

const families: readonly BijectorCase[] = [
  { dim: 1, rank: 1, triangular: false },
  { dim: 2, rank: 2, triangular: true },
  { dim: 4, rank: 2, triangular: false },
  { dim: 3, rank: 1, triangular: true },
].flatMap(({ dim, rank, triangular }) =>
  [triangular ? 2 : 0].map((contextDim) => ({
    name: `LowRankAffine, ${triangular ? 'triangular' : 'diagonal'}, rank ${rank} of ${dim}${contextDim > 0 ? ', conditional' : ''}`,
    make: (rng: Rng) =>
      new b.Conditioned({ dim, contextDim, family: b.lowRankAffineFamily({ rank, triangular }), hidden: [4], rng }),
    oracle: oracles.conditioned(lowRankAffineParameters(dim, rank, triangular)),
    dim,
    contextDim,
  })),
);

/** M + V D Vᵀ. */
export const lowRank: readonly BijectorCase[] = [
  {
    name: 'LowRankAffine of variables',
    make: () =>
      new b.LowRankAffine({
        shift: variable([3]),
        logDiagonal: variable([3]),
        offDiagonal: variable([3]),
        v: factor(3, 2),
        logD: variable([2]),
      }),
    oracle: ownLowRankAffine,
    dim: 3,
  },
  {
    name: 'LowRankAffine, diagonal, V Vᵀ of rank 3',
    make: () => new b.LowRankAffine({ logDiagonal: variable([4]), v: factor(4, 3) }),
    oracle: ownLowRankAffine,
    dim: 4,
  },
  ...families,
];
