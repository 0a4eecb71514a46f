import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type Bijector, Exp, Sigmoid, Softplus, Tanh } from '../../src/bijectors/index.ts';

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
];

describe.each(squashes)('%s', (name, bijector, logDet, forward) => {
  const grid = Array.from({ length: 401 }, (_, i) => (i - 200) / 2).filter((x) => name !== 'Exp' || x < 88);

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
      const shortcut = name === 'Softplus' && value < -13.9 ? forward(value) ** 2 / 2 : 0;
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

test('Tanh is right where the plain formulas are not: x = 8.5', () => {
  const x = tf.scalar(8.5);
  const naive = Math.log(1 - Math.fround(Math.tanh(8.5)) ** 2);
  expect(Math.abs(naive - squashes[0]![2](8.5))).toBeGreaterThan(0.1);
  expect(new Tanh().forwardLogDet(x).arraySync()).toBeCloseTo(squashes[0]![2](8.5), 5);
});

test('the inverses clamp as documented', () => {
  const at = (bijector: Bijector, y: number) => bijector.inverse(tf.scalar(y)).arraySync() as number;
  expect(at(new Tanh(), 1)).toBeCloseTo(8.66, 2);
  expect(at(new Tanh(), -5)).toBeCloseTo(-8.66, 2);
  expect(at(new Sigmoid(), 0)).toBeCloseTo(-87.3, 1);
  expect(at(new Sigmoid(), 1)).toBeCloseTo(16.6, 1);
  expect(at(new Softplus(), -1)).toBeCloseTo(-83.2, 1);
  expect(at(new Exp(), 0)).toBeCloseTo(-87.3, 1);
  const slope = tf.grad((y) => new Tanh().inverse(y))(tf.tensor1d([-2, -1, 1, 2]));
  expect(slope.arraySync()).toEqual([0, 0, 0, 0]);
});
