import * as b from '../../../src/bijectors/index.ts';
import { batchNorm } from '../../oracle/batchNorm.ts';
import * as oracles from '../../oracle/bijectors.ts';
import type { BijectorCase } from './bijectorCase.ts';

import { variable } from './variable.ts';

export const linear: readonly BijectorCase[] = [
  { name: 'Shift', make: () => new b.Shift([1, -2]), oracle: () => (x) => [x[0]! + 1, x[1]! - 2], dim: 2 },
  { name: 'Scale', make: () => new b.Scale([-3, 0.5]), oracle: () => (x) => [-3 * x[0]!, 0.5 * x[1]!], dim: 2 },
  {
    name: 'ShiftScale',
    make: () => new b.ShiftScale({ shift: variable([2]), logScale: variable([1]) }),
    oracle: (v) => (x) => x.map((value, i) => v.shift![i]! + value * Math.exp(v.logScale![0]!)),
    dim: 2,
    identity: true,
  },
  {
    name: 'TriangularAffine',
    make: () => b.TriangularAffine.learnable(3),
    oracle: oracles.triangularAffine,
    dim: 3,
    identity: true,
  },
  {
    name: 'Orthogonal',
    make: () => new b.Orthogonal([0.6, -0.8, 0, 0.64, 0.48, -0.6, 0.48, 0.36, 0.8]),
    oracle:
      () =>
      ([p, q, r]) => [0.6 * p! - 0.8 * q!, 0.64 * p! + 0.48 * q! - 0.6 * r!, 0.48 * p! + 0.36 * q! + 0.8 * r!],
    dim: 3,
  },
  ...[true, false].map((affine) => ({
    name: `BatchNorm${affine ? '' : ' without shift and scale'}, by running statistics`,
    make: () => new b.BatchNorm({ dim: 2, affine }),
    oracle: batchNorm(1e-5),
    dim: 2,
  })),
  { name: 'Permute', make: () => new b.Permute([2, 0, 1]), oracle: () => (x) => [x[2]!, x[0]!, x[1]!], dim: 3 },
  { name: 'Reverse', make: () => new b.Reverse(4), oracle: () => (x) => x.toReversed(), dim: 4 },
];
