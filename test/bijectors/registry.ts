import * as tf from '@tensorflow/tfjs-core';
import * as b from '../../src/bijectors/index.ts';
import type { Rng } from '../../src/random.ts';
import * as oracles from '../oracle/bijectors.ts';

/** One bijector under test: how to make it, and the same map in float64. Each goes through all of properties.test.ts. */
export interface BijectorCase {
  readonly name: string;
  /** As it is before training; the suite moves the variables. */
  readonly make: (rng: Rng) => b.Bijector;
  readonly oracle: oracles.Oracle;
  /** The size of an input's last axis. */
  readonly dim: number;
  readonly contextDim?: number;
  /** The inputs to try; [−2, 2] by default. */
  readonly domain?: readonly [low: number, high: number] | undefined;
  /** The standard deviation by which the suite moves the variables; 0.3 by default. */
  readonly spread?: number;
  /** Whether it begins as the identity. */
  readonly identity?: boolean;
  /** Whether values are angles. */
  readonly angles?: boolean;
  /** Inputs at which values, log-determinants and gradients must be finite; ±100 and more by default. */
  readonly edges?: { readonly forward?: readonly number[]; readonly inverse?: readonly number[] };
}

const BINS = 4;
const BOUND = 3;
const variable = (shape: number[]) => tf.tidy(() => tf.variable(tf.zeros(shape)));
const splineFamily = b.rationalQuadraticSplineFamily({ bins: BINS, bound: BOUND });
const circularFamily = b.circularSplineFamily({ bins: BINS });
const cosSin = (x: number[]): number[] => [...x.map(Math.cos), ...x.map(Math.sin)];

/** Every family, with its oracle and what its bijectors need said. */
const families = [
  { family: b.affineFamily, oracle: oracles.affine },
  { family: b.additiveFamily, oracle: oracles.additive },
  { family: splineFamily, oracle: oracles.spline(BINS, BOUND), domain: [-2.8, 2.8] as const },
  { family: circularFamily, oracle: oracles.circular(BINS), domain: [-3, 3] as const, angles: true, shown: cosSin },
];

const simple: BijectorCase[] = [
  { name: 'Identity', make: () => new b.Identity(), oracle: oracles.elementwise((x) => x), dim: 2, identity: true },
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
  { name: 'PRelu', make: () => new b.PRelu({ dim: 2 }), oracle: oracles.prelu, dim: 2, identity: true },
  { name: 'PRelu, shared slope', make: () => new b.PRelu(), oracle: oracles.prelu, dim: 3, identity: true },
  {
    name: 'Tanh',
    make: () => new b.Tanh(),
    oracle: oracles.elementwise(Math.tanh),
    dim: 1,
    edges: { inverse: [-1.5, -1, -0.99999994, 0, 0.99999994, 1, 100] },
  },
  {
    name: 'Sigmoid',
    make: () => new b.Sigmoid(),
    oracle: oracles.elementwise((x) => 1 / (1 + Math.exp(-x))),
    dim: 1,
    edges: { inverse: [-1, 0, 1e-45, 1e-30, 0.99999994, 1, 2] },
  },
  {
    name: 'Sigmoid onto a box',
    make: () => new b.Sigmoid({ low: [-1.5, 0.1], high: [2.5, 0.7] }),
    oracle: () => (x) => [-1.5 + 4 / (1 + Math.exp(-x[0]!)), 0.1 + 0.6 / (1 + Math.exp(-x[1]!))],
    dim: 2,
    edges: { inverse: [-2, -1.5, 0.1, 0.2, 0.7, 2.5, 3] },
  },
  {
    name: 'Softplus',
    make: () => new b.Softplus(),
    oracle: oracles.elementwise((x) => Math.log1p(Math.exp(x))),
    dim: 1,
    edges: { inverse: [-1, 0, 1e-45, 1e-30, 1e-3, 100] },
  },
  {
    name: 'Exp',
    make: () => new b.Exp(),
    oracle: oracles.elementwise(Math.exp),
    dim: 1,
    edges: { forward: [-100, -80, 0, 80], inverse: [-1, 0, 1e-45, 1e-30, 1e30] },
  },
  {
    name: 'LocationScale',
    make: (rng) => new b.LocationScale({ dim: 2, rng }),
    oracle: oracles.locationScale(),
    dim: 2,
    identity: true,
  },
  {
    name: 'LocationScale, conditional, free scale',
    make: (rng) => new b.LocationScale({ dim: 2, contextDim: 2, hidden: [4], initialScale: 0.3, rng }),
    oracle: oracles.locationScale(),
    dim: 2,
    contextDim: 2,
  },
  {
    name: 'LocationScale, conditional scale',
    make: (rng) => new b.LocationScale({ dim: 2, contextDim: 2, hidden: [4], scale: 'state', initialScale: 0.3, rng }),
    oracle: oracles.locationScale(0.3),
    dim: 2,
    contextDim: 2,
  },
  { name: 'Permute', make: () => new b.Permute([2, 0, 1]), oracle: () => (x) => [x[2]!, x[0]!, x[1]!], dim: 3 },
  { name: 'Reverse', make: () => new b.Reverse(4), oracle: () => (x) => x.toReversed(), dim: 4 },
  {
    name: 'Invert',
    make: () => new b.Invert(new b.ShiftScale({ shift: variable([1]), logScale: variable([1]) })),
    oracle: oracles.inverted((v) => (x) => x.map((value) => v.shift![0]! + value * Math.exp(v.logScale![0]!))),
    dim: 2,
    identity: true,
  },
  {
    name: 'RationalQuadraticSpline',
    make: () =>
      new b.RationalQuadraticSpline({
        bins: variable([2, BINS, 1]),
        derivatives: variable([BINS - 1, 1]),
        bound: BOUND,
      }),
    oracle: oracles.withVariables(oracles.spline(BINS, BOUND), 'bins', 'derivatives'),
    dim: 1,
    domain: [-2.8, 2.8],
    spread: 0.7,
    identity: true,
  },
  {
    name: 'CircularSpline',
    make: () =>
      new b.CircularSpline({
        bins: variable([2, BINS, 1]),
        derivatives: variable([BINS, 1]),
        phase: variable([1]),
      }),
    oracle: oracles.withVariables(oracles.circular(BINS), 'bins', 'derivatives', 'phase'),
    dim: 1,
    domain: [-3, 3],
    spread: 0.7,
    identity: true,
    angles: true,
  },
  {
    name: 'Chain of elementwise bijectors',
    make: () => new b.Chain([new b.ShiftScale({ scale: 3, shift: 1 }), new b.Tanh()]),
    oracle: oracles.elementwise((x) => 1 + 3 * Math.tanh(x)),
    dim: 2,
    edges: { inverse: [-100, -2, 4, 100] },
  },
];

/** Conditioned and Coupling over every family, with and without context, and Chains of them. */
const overFamilies: BijectorCase[] = families.flatMap(({ family, oracle, domain, angles = false, shown }) =>
  [0, 2].flatMap((contextDim) => {
    const shared = { contextDim, identity: true, angles, domain };
    const options = { family, contextDim, hidden: [4] };
    const kind = `${family.name}${contextDim > 0 ? ', conditional' : ''}`;
    return [
      {
        ...shared,
        name: `Conditioned ${kind}`,
        make: (rng: Rng) => new b.Conditioned({ ...options, dim: 1, rng }),
        oracle: oracles.conditioned(oracle),
        dim: 1,
      },
      {
        ...shared,
        name: `Conditioned ${kind}, two entries`,
        make: (rng: Rng) => new b.Conditioned({ ...options, dim: 2, rng }),
        oracle: oracles.conditioned(oracle),
        dim: 2,
      },
      {
        ...shared,
        name: `Coupling ${kind}, three entries`,
        make: (rng: Rng) => new b.Coupling({ ...options, dim: 3, transformed: 'even', rng }),
        oracle: oracles.coupling(oracle, [0, 2], shown),
        dim: 3,
      },
      {
        ...shared,
        name: `Chain of couplings ${kind}`,
        make: (rng: Rng) =>
          new b.Chain([
            new b.Coupling({ ...options, dim: 2, transformed: 'second', rng: rng.split(0) }),
            new b.Coupling({ ...options, dim: 2, transformed: 'first', rng: rng.split(1) }),
          ]),
        oracle: oracles.chain(oracles.coupling(oracle, [1], shown), oracles.coupling(oracle, [0], shown)),
        dim: 2,
      },
    ];
  }),
);

/** The tutorial's "MLP bijector", mixed with every other way to compose. */
const composed: BijectorCase[] = [
  {
    name: 'Chain of affine layers, PReLUs and a permutation',
    make: () =>
      new b.Chain([
        b.TriangularAffine.learnable(2),
        new b.PRelu({ dim: 2 }),
        new b.Reverse(2),
        new b.Invert(b.TriangularAffine.learnable(2)),
        new b.PRelu(),
      ]),
    oracle: oracles.chain(
      oracles.triangularAffine,
      oracles.prelu,
      () => (x) => x.toReversed(),
      oracles.inverted(oracles.triangularAffine),
      oracles.prelu,
    ),
    dim: 2,
  },
  {
    name: 'squashed conditional coupling',
    make: (rng) =>
      new b.Chain([
        new b.Tanh(),
        new b.Invert(
          new b.Invert(
            new b.Coupling({
              dim: 2,
              transformed: [1],
              family: b.affineFamily,
              contextDim: 1,
              hidden: [3],
              activation: 'silu',
              rng,
            }),
          ),
        ),
      ]),
    oracle: oracles.chain(
      oracles.elementwise(Math.tanh),
      oracles.inside(
        'bijector.bijector',
        oracles.coupling(oracles.affine, [1], undefined, (x) => x / (1 + Math.exp(-x))),
      ),
    ),
    dim: 2,
    contextDim: 1,
    domain: [-1.5, 1.5],
    edges: { inverse: [-1, -0.5, 0, 0.5, 1] },
  },
];

export const registry: readonly BijectorCase[] = [...simple, ...overFamilies, ...composed];
