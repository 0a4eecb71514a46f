import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  type Bijector,
  Exp,
  Sigmoid,
  SinhArcsinh,
  SoftClip,
  Softplus,
  Softsign,
  Tanh,
} from '../../src/bijectors/index.ts';

/** log(1 + eˣ). */
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** SoftClip onto (0, high), hinge 1. */
const clipped = (high: number) => (x: number) =>
  (Math.log1p(Math.exp(x) / (1 + Math.exp(softplus(x) - high))) * high) / softplus(high);
const logSlopeOfClipped = (high: number) => (x: number) =>
  Math.log(high / softplus(high)) - softplus(softplus(x) - high) - softplus(-x);

/** Log-determinants in forms that keep their digits in float64 for every x. */
const squashes: [name: string, Bijector, logDet: (x: number) => number, forward: (x: number) => number][] = [
  ['Tanh', new Tanh(), (x) => -2 * (Math.abs(x) - Math.LN2 + Math.log1p(Math.exp(-2 * Math.abs(x)))), Math.tanh],
  [
    'Sigmoid',
    new Sigmoid(),
    (x) => -Math.abs(x) - 2 * Math.log1p(Math.exp(-Math.abs(x))),
    (x) => 1 / (1 + Math.exp(-x)),
  ],
  [
    'Softplus',
    new Softplus(),
    (x) => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x))),
    (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  ],
  ['Exp', new Exp(), (x) => x, Math.exp],
  ['Softsign', new Softsign(), (x) => -2 * Math.log1p(Math.abs(x)), (x) => x / (1 + Math.abs(x))],
  ['SoftClip', new SoftClip({ low: 0, high: 3 }), logSlopeOfClipped(3), clipped(3)],
  ['SoftClip, wide', new SoftClip({ low: 0, high: 250 }), logSlopeOfClipped(250), clipped(250)],
  ['SoftClip, one bound', new SoftClip({ high: 0 }), (x) => -softplus(x), (x) => -softplus(-x)],
];

describe.each(squashes)('%s', (name, bijector, logDet, forward) => {
  const grid = Array.from({ length: 401 }, (_, i) => (i - 200) / 2).filter(
    // The slope of Softsign has a kink at 0.
    (x) => (name !== 'Exp' || x < 88) && (name !== 'Softsign' || x !== 0),
  );

  test('log-determinant and its slope to float32 for |x| up to 100', () => {
    const x = tf.tensor1d(grid);
    const got = bijector.forwardLogDet(x).dataSync();
    const slope = tf
      .grad((t) => bijector.forwardLogDet(t))(x)
      .dataSync();
    grid.forEach((value, i) => {
      expect(Math.abs(got[i]! - logDet(value)), `at ${value}`).toBeLessThan(3e-7 * (1 + Math.abs(logDet(value))));
      const wanted = (logDet(value + 1e-5) - logDet(value - 1e-5)) / 2e-5;
      expect(Math.abs(slope[i]! - wanted), `slope at ${value}`).toBeLessThan(2e-6);
    });
  });

  test('value to float32, and back with the error that rounding the value forces', () => {
    const y = bijector.forward(tf.tensor1d(grid));
    const values = y.dataSync();
    const x = bijector.inverse(y).dataSync();
    const ildj = bijector.inverseLogDet(y).dataSync();
    grid.forEach((value, i) => {
      // Four units in the last place: what float32 implementations of these functions keep to (tfjs-cpu 1, libtensorflow's tanh
      // 3.9 at −8). Below 2⁻¹²⁶ the unit no longer shrinks with the value.
      // tfjs takes eˣ for log(1 + eˣ) below −13.9, which leaves out half its square.
      const isShort =
        (name === 'Softplus' && value < -13.9) || (bijector instanceof SoftClip && value > 13.9 && forward(value) < 0);
      const shortcut = isShort ? forward(value) ** 2 / 2 : 0;
      const ulp = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(forward(value)))), -126) - 23);
      // libtensorflow has no numbers below 2⁻¹²⁶, and its eˣ is off by 4.9 units at −53.5.
      const isTensorflow = tf.getBackend() === 'tensorflow';
      const flushed = isTensorflow && values[i] === 0 ? 2 ** -126 : 0;
      const tolerance = (isTensorflow ? 6 : 4) * ulp + shortcut + flushed;
      expect(Math.abs(values[i]! - forward(value)), `at ${value}`).toBeLessThanOrEqual(tolerance);
      const forced = (2e-7 * Math.abs(forward(value))) / Math.exp(logDet(value));
      if (forced > 0.1 || values[i]! === 0 || Math.abs(value) > 80) return;
      expect(Math.abs(x[i]! - value), `back to ${value}`).toBeLessThan(1e-6 * (1 + Math.abs(value)) + forced);
      expect(Math.abs(ildj[i]! + logDet(value)), `inverse log-det at ${value}`).toBeLessThan(
        1e-6 * (1 + Math.abs(value)) + 4 * forced,
      );
    });
  });
});

test('the inverses clamp as documented', () => {
  const at = (bijector: Bijector, y: number) => bijector.inverse(tf.scalar(y)).arraySync() as number;
  expect([1, -5].map((y) => at(new Tanh(), y))).toEqual([8.66, -8.66].map((x) => expect.closeTo(x, 2)));
  expect(at(new Softplus(), -1)).toBeCloseTo(-83.2, 1);
  expect(at(new Softsign(), 1)).toBe(2 ** 24 - 1);
  const clip = new SoftClip({ low: 0, high: 1 });
  expect([2, 1 - 2 ** -24].map((y) => at(clip, y))).toEqual([at(clip, 1), at(clip, 1)]);
  const one = new SoftClip({ low: 1, hingeSoftness: 0.5 });
  expect(one.forward(tf.scalar(3e38)).arraySync()).toBeCloseTo(2 ** 119, -31);
  for (const [bijector, edges] of [
    [new Softsign(), [-2, 2]],
    [clip, [-1, 0, 1, 2]],
    [one, [0, 1]],
    [new SinhArcsinh({ tailweight: 0.5 }), [-1e30, 1e30]],
  ] as const) {
    const slopes = tf.grad((y) => bijector.inverse(y))(tf.tensor1d([...edges]));
    expect(slopes.arraySync(), bijector.constructor.name).toEqual(edges.map(() => 0));
  }
  const slope = tf.grad((y) => new Tanh().inverse(y))(tf.tensor1d([-2, -1, 1, 2]));
  expect(slope.arraySync()).toEqual([0, 0, 0, 0]);
});

/** The map and the logarithm of its slope in float64. */
const far: [name: string, Bijector, forward: (x: number) => number, logSlope: (x: number) => number][] = [
  ['Softsign', new Softsign(), (x) => x / (1 + Math.abs(x)), (x) => -2 * Math.log1p(Math.abs(x))],
  ['SoftClip', new SoftClip({ low: -2, high: 1 }), (x) => (x < 0 ? -2 : 1), (x) => logSlopeOfClipped(3)(x + 2)],
  ['SoftClip from below', new SoftClip({ low: -2 }), (x) => softplus(x + 2) - 2, (x) => -softplus(-x - 2)],
  ['SoftClip from above', new SoftClip({ high: 1 }), (x) => 1 - softplus(1 - x), (x) => -softplus(x - 1)],
  ...[0.6, 1, 1.7].map((t): (typeof far)[number] => {
    const [shift, factor] = [0.3, 2 / Math.sinh(t * Math.asinh(2))];
    const z = (x: number) => t * (Math.asinh(x) + shift);
    const logCosh = (a: number) => Math.abs(a) + Math.log1p(Math.exp(-2 * Math.abs(a))) - Math.LN2;
    return [
      `SinhArcsinh, tailweight ${t}`,
      new SinhArcsinh({ skewness: shift, tailweight: t }),
      (x) => factor * Math.sinh(z(x)),
      (x) => Math.log(t * factor) + logCosh(z(x)) - logCosh(Math.asinh(x)),
    ];
  }),
];

test.each(far)(
  '%s is right far out, as are its slope and that of its log-determinant',
  (_, bijector, forward, logSlope) => {
    const xs = [1e2, 1e4, 1e6, 1e10, 1e19].flatMap((size) => [-size, size]).map(Math.fround);
    const x = tf.tensor1d(xs);
    const [y, logDet] = bijector.forwardAndLogDet(x);
    const slope = tf
      .grad((t) => bijector.forward(t))(x)
      .dataSync();
    const bend = tf
      .grad((t) => bijector.forwardLogDet(t))(x)
      .dataSync();
    const back = bijector.inverse(y).dataSync();
    const inverseLogDet = bijector.inverseLogDet(y).dataSync();
    xs.forEach((value, i) => {
      // An exponent of 80 is rounded by 4e-6.
      const near = (got: number, wanted: number, what: string, tolerance = 1e-5, floor = 1e-38) =>
        expect(Math.abs(got - wanted), `${what} at ${value}: ${got} against ${wanted}`).toBeLessThanOrEqual(
          tolerance * Math.abs(wanted) + floor,
        );
      near(y.dataSync()[i]!, forward(value), 'value');
      near(logDet.dataSync()[i]!, logSlope(value), 'log-determinant');
      // e to the log-slope: its relative error is the absolute error of that.
      near(slope[i]!, Math.exp(logSlope(value)), 'slope', 2e-5);
      const step = Math.abs(value) / 1e3;
      const wanted = (logSlope(value + step) - logSlope(value - step)) / (2 * step);
      // Of SinhArcsinh it is the difference of two slopes near 1 / x.
      near(bend[i]!, wanted, 'slope of the log-determinant', 1e-3, 3e-7 / Math.abs(value));
      // Where y holds it, x comes back.
      const forced = (2e-7 * Math.abs(forward(value))) / Math.exp(logSlope(value)) / Math.abs(value);
      if (forced > 0.1) return;
      near(back[i]!, value, 'back', 2e-5 + forced);
      near(inverseLogDet[i]!, -logSlope(value), 'inverse log-determinant', 2e-5 + 4 * forced);
    });
  },
);
