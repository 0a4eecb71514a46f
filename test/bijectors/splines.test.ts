import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CircularSpline, RationalQuadraticSpline } from '../../src/bijectors/index.ts';
import { Rng } from '../../src/random.ts';
import { derivative } from '../oracle/calculus.ts';
import { circularSpline, derivativeOf, rationalQuadraticSpline } from '../oracle/splines.ts';

const K = 8;
const BOUND = 4;

/** One spline's parameters, of the given spread, as numbers. */
function draw(seed: number, spread: number, knots: number) {
  const rng = new Rng(seed);
  const numbers = (count: number) => Array.from({ length: count }, () => Math.fround(rng.normal(0, spread)));
  return { widths: numbers(K), heights: numbers(K), derivatives: numbers(knots), phase: Math.fround(rng.normal()) };
}

function spline({ widths, heights, derivatives }: ReturnType<typeof draw>): RationalQuadraticSpline {
  return new RationalQuadraticSpline({
    bins: tf.tensor([widths, heights], [2, K]),
    derivatives: tf.tensor1d(derivatives),
    bound: BOUND,
  });
}

describe('RationalQuadraticSpline', () => {
  // Spread 3 makes bins as narrow as they may be, with slopes of 1000 next to slopes of 0.001.
  test('any parameters: monotone, close to the float64 spline, back again, finite gradients', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(0.5, 1, 3, 10), (seed, spread) => {
        const parameters = draw(seed, spread, K - 1);
        const bijector = spline(parameters);
        const xs = Array.from({ length: 101 }, (_, i) => Math.fround(((i - 50) / 50) * 1.25 * BOUND));
        const [y, logDet] = bijector.forwardAndLogDet(tf.tensor1d(xs));
        const [x, back] = bijector.inverseAndLogDet(y);
        const [values, logDets] = [y.dataSync(), logDet.dataSync()];
        const [again, backLogDets] = [x.dataSync(), back.dataSync()];
        const oracle = (at: number) => rationalQuadraticSpline(at, { ...parameters, bound: BOUND });
        xs.forEach((at, i) => {
          // The steepest slope around, over what rounding moves the knots by.
          const near = 2e-6;
          const reach = oracle(at + near) - oracle(at - near);
          expect(Math.abs(values[i]! - oracle(at))).toBeLessThan(reach + 4e-6);
          if (i > 0) expect(values[i]!).toBeGreaterThanOrEqual(values[i - 1]! - 1e-6);
          // What rounding may make of y has gone back to: far from x where the spline is flat, near it elsewhere.
          expect(oracle(again[i]! - near)).toBeLessThan(oracle(at) + 4e-6);
          expect(oracle(again[i]! + near)).toBeGreaterThan(oracle(at) - 4e-6);
          expect(Number.isFinite(logDets[i]!) && Number.isFinite(backLogDets[i]!)).toBe(true);
        });
        for (const direction of ['forward', 'inverse'] as const) {
          const gradients = tf.grads((at, bins, derivatives) => {
            const moved = new RationalQuadraticSpline({ bins, derivatives, bound: BOUND });
            const [value, log] = direction === 'forward' ? moved.forwardAndLogDet(at!) : moved.inverseAndLogDet(at!);
            return tf.add(tf.sum(value), tf.sum(log));
          })([tf.tensor1d(xs), bijector.bins, bijector.derivatives]);
          for (const gradient of gradients) expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
        }
      }),
      // This one is so flat beside a slope of 4e-5 that roundings of y are 0.9 apart in x.
      { numRuns: 40, examples: [[2137778140, 10]] },
    );
  });

  test('the identity outside exactly, with log-determinant 0, slope 1 and no gradient by the parameters', () => {
    const bijector = spline(draw(1, 3, K - 1));
    const far = [Number.NEGATIVE_INFINITY, -1e30, -100, -4.0001, -4, 4, 4.0001, 100, 1e30, Number.POSITIVE_INFINITY];
    for (const direction of ['forward', 'inverse'] as const) {
      const apply = (b: RationalQuadraticSpline, x: tf.Tensor) =>
        direction === 'forward' ? b.forwardAndLogDet(x) : b.inverseAndLogDet(x);
      const [value, logDet] = apply(bijector, tf.tensor1d(far));
      expect(value.arraySync()).toEqual(far.map(Math.fround));
      expect([...logDet.dataSync()].every((entry) => entry === 0)).toBe(true);
      const [byX, byBins, byDerivatives] = tf.grads((x, bins, derivatives) => {
        const [y, log] = apply(new RationalQuadraticSpline({ bins, derivatives, bound: BOUND }), x!);
        return tf.add(tf.sum(y), tf.sum(log));
      })([tf.tensor1d(far), bijector.bins, bijector.derivatives]);
      expect(byX!.arraySync()).toEqual(far.map(() => 1));
      expect(tf.max(tf.abs(byBins!)).arraySync()).toBe(0);
      expect(tf.max(tf.abs(byDerivatives!)).arraySync()).toBe(0);
    }
  });

  test('the inverse holds for raw derivatives of any size', () => {
    for (const size of [1e2, 1e3, 1e5, 1e30]) {
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          const parameters = draw(seed, 1, K - 1);
          const bijector = spline({
            ...parameters,
            derivatives: parameters.derivatives.map((d) => Math.fround(d * size)),
          });
          const ys = Array.from({ length: 101 }, (_, i) => Math.fround(((i - 50) / 50) * BOUND));
          const [x, backLogDet] = bijector.inverseAndLogDet(tf.tensor1d(ys));
          const [y, logDet] = bijector.forwardAndLogDet(x);
          // Of x between −4 and 4 float32 knows 5e-7, and no slope is much above 1000.
          ys.forEach((at, i) => {
            expect(Math.abs(y.dataSync()[i]! - at), `at ${at}`).toBeLessThan(2e-3);
            expect(logDet.dataSync()[i]!).toBeLessThan(Math.log(2000));
            expect(Number.isFinite(backLogDet.dataSync()[i]!)).toBe(true);
          });
        }),
        { seed: 1, numRuns: 10 },
      );
    }
  });

  test('at its knots the slope is the derivative there, and its gradient is right, however large', () => {
    const raw = [-3, -1, 0, 0.5, 30, 200, 700];
    const logDets = (derivatives: tf.Tensor) =>
      new RationalQuadraticSpline({ bins: tf.zeros([2, K]), derivatives, bound: BOUND }).forwardLogDet(
        tf.tensor1d(raw.map((_, knot) => knot - 3)),
      );
    const got = logDets(tf.tensor1d(raw)).dataSync();
    const slopes = tf.grad(logDets)(tf.tensor1d(raw)).dataSync();
    raw.forEach((value, i) => {
      expect(got[i]).toBeCloseTo(Math.log(derivativeOf(value)), 3);
      expect(slopes[i]! / derivative((t) => Math.log(derivativeOf(value + t)), 1e-3)).toBeCloseTo(1, 2);
    });
  });
});

describe('CircularSpline', () => {
  const parameters = { ...draw(5, 1, K), phase: 1 };
  const bijector = new CircularSpline({
    bins: tf.tensor([parameters.widths, parameters.heights], [2, K]),
    derivatives: tf.tensor1d(parameters.derivatives),
    phase: tf.scalar(parameters.phase),
  });
  const turn = 2 * Math.PI;

  test('takes any angle to the same point of the circle, in [−π, π)', () => {
    const angles = Array.from({ length: 101 }, (_, i) => (i - 50) / 5);
    const [value, logDet] = bijector.forwardAndLogDet(tf.tensor1d(angles));
    angles.forEach((angle, i) => {
      const wanted = circularSpline(angle, parameters);
      const apart = (value.dataSync()[i]! - wanted) / turn;
      expect(Math.abs(apart - Math.round(apart)) * turn).toBeLessThan(1e-5);
      const slope = derivative((t) => circularSpline(angle + t, parameters), 1e-4);
      expect(logDet.dataSync()[i]!).toBeCloseTo(Math.log(slope), 3);
    });
    for (const angle of value.dataSync()) expect(angle >= -Math.PI && angle < Math.PI).toBe(true);
  });

  test('keeps results in [−π, π) in float64 too, where float32 rounds to a number beyond', () => {
    const identity = new CircularSpline({ bins: tf.zeros([2, K]), derivatives: tf.zeros([K]), phase: tf.scalar(0) });
    const edges = tf.tensor1d([-Math.PI, Math.PI, -Math.PI - 1e-9, 3 * Math.PI, -1e3, 1e3]);
    for (const results of [identity.forward(edges), identity.inverse(edges)]) {
      for (const angle of results.dataSync()) expect(angle >= -Math.PI && angle < Math.PI).toBe(true);
    }
  });

  test('has its slope at float32 π too, which lies beyond π', () => {
    for (const direction of ['forward', 'inverse'] as const) {
      const slope = (at: number[], part: 0 | 1) =>
        tf
          .grad((x) => (direction === 'forward' ? bijector.forwardAndLogDet(x) : bijector.inverseAndLogDet(x))[part])(
            tf.tensor1d(at),
          )
          .dataSync();
      const beside = Math.PI - 1e-6;
      for (const part of [0, 1] as const) {
        const [inside, ...edges] = slope([-beside, Math.PI, -Math.PI, 3 * Math.PI, -3 * Math.PI], part);
        for (const edge of edges) expect(Math.abs(edge - inside!)).toBeLessThan(1e-3 * (1 + Math.abs(inside!)));
        expect(Math.abs(inside!)).toBeGreaterThan(0.01);
      }
    }
  });
});
