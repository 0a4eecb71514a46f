import * as tf from '@tensorflow/tfjs-core';
import * as b from '../../../src/bijectors/index.ts';
import type { Rng } from '../../../src/random.ts';
import * as oracles from '../../oracle/bijectors.ts';
import { householder, lu, planar, radial } from '../../oracle/linear.ts';
import { type SylvesterParts, sylvester, sylvesterMap } from '../../oracle/sylvester.ts';
import type { BijectorCase } from './bijectorCase.ts';

const moved = (values: number[]): tf.Variable => tf.tidy(() => tf.variable(tf.tensor1d(values)));

interface VectorCase {
  readonly family: b.VectorFamily;
  readonly oracle: (dim: number) => oracles.FamilyOracle;
  readonly dims: readonly number[];
  readonly identity: boolean;
}

const families: readonly VectorCase[] = [
  { family: b.householderFamily({ reflections: 2 }), oracle: householder, dims: [3], identity: false },
  { family: b.householderFamily({ reflections: 1 }), oracle: householder, dims: [2], identity: false },
  { family: b.luFamily, oracle: lu, dims: [1, 3], identity: true },
  { family: b.planarFamily, oracle: planar, dims: [1, 3], identity: true },
  { family: b.radialFamily, oracle: radial, dims: [1, 3], identity: true },
  {
    family: b.sylvesterFamily({ rank: 2 }),
    oracle: (dim) => sylvester(dim, Math.min(2, dim)),
    dims: [1, 2, 3],
    identity: true,
  },
];

/** Families of maps of vectors, free and with a context; ActNorm. */
export const vectorFamilies: readonly BijectorCase[] = [
  ...families.flatMap(({ family, oracle, dims, identity }) =>
    dims.flatMap((dim) =>
      [dim === 2 ? 0 : 2].map((contextDim) => ({
        name: `Conditioned ${family.name} of ${dim}${contextDim > 0 ? ', conditional' : ''}`,
        make: (rng: Rng) => new b.Conditioned({ dim, contextDim, family, hidden: [4], rng }),
        oracle: oracles.conditioned(oracle(dim)),
        dim,
        contextDim,
        identity,
      })),
    ),
  ),
  {
    // wᵀu is −1.6 or so: u has to be moved.
    name: 'Planar, u against w',
    make: () =>
      new b.Planar({ w: moved([1, 0.5]), u: moved([-1.2, -0.8]), b: tf.tidy(() => tf.variable(tf.scalar(0.1))) }),
    oracle: ({ w, u, b: offset }) => planar(2)([...w!, ...u!, ...offset!]),
    dim: 2,
    spread: 0.1,
  },
  {
    // Slopes from 0.3 to 3, and triangles of full size; flatter, finite differences of the inverse are too coarse.
    name: 'Sylvester, far from the identity',
    make: () =>
      new b.Sylvester({
        v: tf.tidy(() => tf.variable(tf.tensor2d([1, -0.5, 0.4, 0.3, 0.8, -0.2], [2, 3]))),
        strength: moved([-1.2, 2]),
        logDiagonal: moved([0.4, -0.6]),
        outer: moved([0.7]),
        inner: moved([-0.9]),
        b: moved([0.5, -0.3]),
      }),
    oracle: (v) => sylvesterMap(3, v as unknown as SylvesterParts),
    dim: 3,
    spread: 0.1,
  },
  {
    name: 'ActNorm',
    make: () => new b.ActNorm(2),
    oracle: (v) => (x) => x.map((value, i) => v.shift![i]! + value * Math.exp(v.logScale![i]!)),
    dim: 2,
    identity: true,
  },
];
