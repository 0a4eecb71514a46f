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

export const elementwise: readonly BijectorCase[] = [
  { name: 'Identity', make: () => new b.Identity(), oracle: oracles.elementwise((x) => x), dim: 2, identity: true },
  { name: 'PRelu', make: () => new b.PRelu({ dim: 2 }), oracle: oracles.prelu, dim: 2, identity: true },
  { name: 'PRelu, shared slope', make: () => new b.PRelu(), oracle: oracles.prelu, dim: 3, identity: true },
  {
    name: 'LeakyRelu',
    make: () => new b.LeakyRelu({ slope: 0.3 }),
    oracle: oracles.elementwise((x) => (x < 0 ? 0.3 * x : x)),
    dim: 2,
  },
  {
    name: 'Power',
    make: () => new b.Power(2.5),
    oracle: oracles.elementwise((x) => x ** 2.5),
    dim: 1,
    domain: [0.3, 2],
    edges: { forward: [-100, 0, 1e-45, 1e-15, 1, 1e10], inverse: [-100, 0, 1e-45, 1e-20, 1, 1e30] },
  },
  {
    name: 'Power, falling',
    make: () => new b.Power(-0.5),
    oracle: oracles.elementwise((x) => 1 / Math.sqrt(x)),
    dim: 2,
    domain: [0.3, 2],
    edges: { forward: [-100, 0, 1e-45, 1e-30, 1, 1e30], inverse: [-100, 0, 1e-45, 1e-15, 1, 1e15] },
  },
  {
    name: 'Log, as Invert(Exp)',
    make: () => new b.Invert(new b.Exp()),
    oracle: oracles.elementwise(Math.log),
    dim: 1,
    domain: [0.3, 3],
    edges: { forward: [-1, 0, 1e-45, 1e-30, 1e30], inverse: [-100, -80, 0, 80] },
  },
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
    name: 'Softsign',
    make: () => new b.Softsign(),
    oracle: oracles.elementwise((x) => x / (1 + Math.abs(x))),
    dim: 1,
    edges: {
      forward: [-3e38, -1e20, -1e4, 0, 1e-45, 1, 1e10, 3e38],
      inverse: [-1.5, -1, -0.99999994, 0, 1e-45, 0.99999994, 1, 100],
    },
  },
  {
    name: 'SoftClip',
    make: () => new b.SoftClip({ low: -1, high: 0.5, hingeSoftness: 0.7 }),
    oracle: oracles.elementwise(oracles.softClip(-1, 0.5, 0.7)),
    dim: 1,
    edges: { forward: FAR, inverse: [-3e38, -2, -1, -0.99999994, 0, 0.49999997, 0.5, 3e38] },
  },
  {
    name: 'SoftClip onto a box',
    make: () => new b.SoftClip({ low: [-3, 0], high: [0, 40], hingeSoftness: 0.3 }),
    oracle: () => (x) => [oracles.softClip(-3, 0, 0.3)(x[0]!), oracles.softClip(0, 40, 0.3)(x[1]!)],
    dim: 2,
    edges: { forward: FAR, inverse: [-100, -3, -1e-30, -1e-45, 0, 1e-45, 1e-30, 20, 40, 100] },
  },
  {
    name: 'SoftClip from below',
    make: () => new b.SoftClip({ low: 0.3, hingeSoftness: 2 }),
    oracle: oracles.elementwise(oracles.softClip(0.3, undefined, 2)),
    dim: 1,
    edges: { forward: FAR, inverse: [-3e38, 0, 0.3, 0.30000004, 1e4, 3e38] },
  },
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
    name: 'SinhArcsinh of fixed numbers',
    make: () => new b.SinhArcsinh({ skewness: 0.4, tailweight: [0.7, 1.6] }),
    oracle: () => (x) => oracles.sinhArcsinh({ skewness: [0.4], tailweight: [0.7, 1.6] }, [])(x),
    dim: 2,
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
  {
    name: 'Exp',
    make: () => new b.Exp(),
    oracle: oracles.elementwise(Math.exp),
    dim: 1,
    edges: { forward: [-100, -80, 0, 80], inverse: [-1, 0, 1e-45, 1e-30, 1e30] },
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
    // Slopes to 12: the rounding of a knot, 4e-7, moves the log-slope by 30 times as much.
    conditioning: 2,
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
    name: 'Bernstein',
    make: () => new b.Bernstein({ parameters: variable([7, 1]), bound: BOUND }),
    oracle: oracles.withVariables(monotone.bernstein(6, BOUND), 'parameters'),
    dim: 1,
    domain: [-4.5, 4.5],
    spread: 0.7,
    identity: true,
  },
  {
    name: 'SumOfSquares',
    make: () => new b.SumOfSquares({ parameters: variable([16, 1]), bound: BOUND }),
    oracle: oracles.withVariables(monotone.sumOfSquares(3, 4, BOUND), 'parameters'),
    dim: 1,
    domain: [-4.5, 4.5],
    identity: true,
  },
  {
    name: 'DeepSigmoidal',
    make: () => new b.DeepSigmoidal({ parameters: variable([20, 1]), units: 3, bound: BOUND }),
    oracle: oracles.withVariables(monotone.deepSigmoidal(2, 3, BOUND), 'parameters'),
    dim: 1,
    domain: [-4.5, 4.5],
    spread: 0.7,
    identity: true,
  },
  {
    name: 'UnconstrainedMonotonic',
    make: () => new b.UnconstrainedMonotonic({ parameters: variable([8, 1]), units: 2, bound: BOUND }),
    oracle: oracles.withVariables(monotone.unconstrainedMonotonic(2, BOUND), 'parameters'),
    dim: 1,
    domain: [-4.5, 4.5],
    spread: 0.7,
    identity: true,
  },
  {
    name: 'Gaussianization',
    make: () => new b.Gaussianization({ parameters: variable([13, 1]), components: 4, bound: BOUND }),
    oracle: oracles.withVariables(monotone.gaussianization(4, BOUND), 'parameters'),
    dim: 1,
    domain: [-4.5, 4.5],
    spread: 0.7,
    identity: true,
  },
];
