import * as tf from '@tensorflow/tfjs-core';
import * as b from '../../../src/bijectors/index.ts';
import * as oracles from '../../oracle/bijectors.ts';
import * as monotone from '../../oracle/monotone.ts';
import type { BijectorCase } from './bijectorCase.ts';
import { BINS, BOUND } from './families.ts';
import { variable } from './variable.ts';

const ones = (shape: number[]): tf.Variable => tf.tidy(() => tf.variable(tf.ones(shape)));

/** To the ends of float32. */
const FAR = [-3e38, -1e20, -1e4, -100, -1, -1e-45, 0, 1e-30, 3, 1e4, 1e10, 3e38];

type More = Partial<BijectorCase>;
const of = (name: string, make: () => b.Bijector, map: (x: number) => number, more: More = {}): BijectorCase => ({
  ...{ name, make, oracle: oracles.elementwise(map), dim: 1 },
  ...more,
});
/** By parameters that are variables. */
const bent = (name: string, make: () => b.Bijector, map: oracles.FamilyOracle, more: More = {}): BijectorCase => ({
  ...{ name, make, oracle: oracles.withVariables(map, 'parameters'), dim: 1, identity: true },
  ...{ domain: [-4.5, 4.5], spread: 0.7 },
  ...more,
});

export const elementwise: readonly BijectorCase[] = [
  of(
    'Identity',
    () => new b.Identity(),
    (x) => x,
    { dim: 2, identity: true },
  ),
  { name: 'PRelu', make: () => new b.PRelu({ dim: 2 }), oracle: oracles.prelu, dim: 2, identity: true },
  { name: 'PRelu, shared slope', make: () => new b.PRelu(), oracle: oracles.prelu, dim: 3, identity: true },
  of(
    'LeakyRelu',
    () => new b.LeakyRelu({ slope: 0.3 }),
    (x) => (x < 0 ? 0.3 * x : x),
    { dim: 2 },
  ),
  of(
    'Power',
    () => new b.Power(2.5),
    (x) => x ** 2.5,
    {
      domain: [0.3, 2],
      edges: { forward: [-100, 0, 1e-45, 1e-15, 1, 1e10], inverse: [-100, 0, 1e-45, 1e-20, 1, 1e30] },
    },
  ),
  of(
    'Power, falling',
    () => new b.Power(-0.5),
    (x) => 1 / Math.sqrt(x),
    {
      dim: 2,
      domain: [0.3, 2],
      edges: { forward: [-100, 0, 1e-45, 1e-30, 1, 1e30], inverse: [-100, 0, 1e-45, 1e-15, 1, 1e15] },
    },
  ),
  of('Log, as Invert(Exp)', () => new b.Invert(new b.Exp()), Math.log, {
    domain: [0.3, 3],
    edges: { forward: [-1, 0, 1e-45, 1e-30, 1e30], inverse: [-100, -80, 0, 80] },
  }),
  of('Tanh', () => new b.Tanh(), Math.tanh, { edges: { inverse: [-1.5, -1, -0.99999994, 0, 0.99999994, 1, 100] } }),
  of(
    'Sigmoid',
    () => new b.Sigmoid(),
    (x) => 1 / (1 + Math.exp(-x)),
    {
      edges: { inverse: [-1, 0, 1e-45, 1e-30, 0.99999994, 1, 2] },
    },
  ),
  {
    name: 'Sigmoid onto a box',
    make: () => new b.Sigmoid({ low: [-1.5, 0.1], high: [2.5, 0.7] }),
    oracle: () => (x) => [-1.5 + 4 / (1 + Math.exp(-x[0]!)), 0.1 + 0.6 / (1 + Math.exp(-x[1]!))],
    dim: 2,
    edges: { inverse: [-2, -1.5, 0.1, 0.2, 0.7, 2.5, 3] },
  },
  of(
    'Softplus',
    () => new b.Softplus(),
    (x) => Math.log1p(Math.exp(x)),
    {
      edges: { inverse: [-1, 0, 1e-45, 1e-30, 1e-3, 100] },
    },
  ),
  of(
    'Softsign',
    () => new b.Softsign(),
    (x) => x / (1 + Math.abs(x)),
    {
      edges: {
        forward: [-3e38, -1e20, -1e4, 0, 1e-45, 1, 1e10, 3e38],
        inverse: [-1.5, -1, -0.99999994, 0, 1e-45, 0.99999994, 1, 100],
      },
    },
  ),
  of('SoftClip', () => new b.SoftClip({ low: -1, high: 0.5, hingeSoftness: 0.7 }), oracles.softClip(-1, 0.5, 0.7), {
    edges: { forward: FAR, inverse: [-3e38, -2, -1, -0.99999994, 0, 0.49999997, 0.5, 3e38] },
  }),
  {
    name: 'SoftClip onto a box',
    make: () => new b.SoftClip({ low: [-3, 0], high: [0, 40], hingeSoftness: 0.3 }),
    oracle: () => (x) => [oracles.softClip(-3, 0, 0.3)(x[0]!), oracles.softClip(0, 40, 0.3)(x[1]!)],
    dim: 2,
    edges: { forward: FAR, inverse: [-100, -3, -1e-30, -1e-45, 0, 1e-45, 1e-30, 20, 40, 100] },
  },
  of('SoftClip from below', () => new b.SoftClip({ low: 0.3, hingeSoftness: 2 }), oracles.softClip(0.3, undefined, 2), {
    edges: { forward: FAR, inverse: [-3e38, 0, 0.3, 0.30000004, 1e4, 3e38] },
  }),
  {
    name: 'SoftClip from above',
    make: () => new b.SoftClip({ high: [0, 0.5], hingeSoftness: 0.5 }),
    oracle: () => (x) => x.map((value, i) => oracles.softClip(undefined, [0, 0.5][i], 0.5)(value)),
    dim: 2,
    edges: { forward: FAR, inverse: [-3e38, -1e4, -1e-30, -1e-45, 0, 0.49999997, 0.5, 3e38] },
  },
  {
    name: 'SinhArcsinh',
    make: () => new b.SinhArcsinh({ skewness: variable([2]), tailweight: ones([1]) }),
    oracle: oracles.sinhArcsinh,
    dim: 2,
    identity: true,
    edges: { forward: FAR, inverse: FAR },
  },
  {
    name: 'SinhArcsinh, far out',
    make: () => new b.SinhArcsinh({ skewness: variable([]), tailweight: ones([]) }),
    oracle: oracles.sinhArcsinh,
    // That by the implicit function theorem multiplies a numerical ∂ log-det / ∂x by x.
    inverse: oracles.inverseSinhArcsinh,
    dim: 1,
    domain: [1e3, 1e4],
    identity: true,
    edges: { forward: FAR, inverse: FAR },
  },
  of('Exp', () => new b.Exp(), Math.exp, {
    edges: { forward: [-100, -80, 0, 80], inverse: [-1, 0, 1e-45, 1e-30, 1e30] },
  }),
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
    // Slopes to 12: the rounding of a knot, 4e-7, moves the log-slope by 30 times as much.
    conditioning: 2,
    identity: true,
  },
  {
    name: 'CircularSpline',
    make: () =>
      new b.CircularSpline({ bins: variable([2, BINS, 1]), derivatives: variable([BINS, 1]), phase: variable([1]) }),
    oracle: oracles.withVariables(oracles.circular(BINS), 'bins', 'derivatives', 'phase'),
    dim: 1,
    domain: [-3, 3],
    spread: 0.7,
    identity: true,
    angles: true,
  },
  bent(
    'Bernstein',
    () => new b.Bernstein({ parameters: variable([7, 1]), bound: BOUND }),
    monotone.bernstein(6, BOUND),
  ),
  bent(
    'SumOfSquares',
    () => new b.SumOfSquares({ parameters: variable([16, 1]), bound: BOUND }),
    monotone.sumOfSquares(3, 4, BOUND),
    { spread: 0.3 },
  ),
  bent(
    'DeepSigmoidal',
    () => new b.DeepSigmoidal({ parameters: variable([20, 1]), units: 3, bound: BOUND }),
    monotone.deepSigmoidal(2, 3, BOUND),
  ),
  bent(
    'UnconstrainedMonotonic',
    () => new b.UnconstrainedMonotonic({ parameters: variable([8, 1]), units: 2, bound: BOUND }),
    monotone.unconstrainedMonotonic(2, BOUND),
  ),
  bent(
    'Gaussianization',
    () => new b.Gaussianization({ parameters: variable([13, 1]), components: 4, bound: BOUND }),
    monotone.gaussianization(4, BOUND),
  ),
];
