import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Box } from '../../envs/index.ts';
import { compile } from '../../src/engine/index.ts';
import { boxSquash } from '../../src/policies/index.ts';

/** Latents of every size, both ways, among them those where float32's tanh and sigmoid are at or beyond their limits. */
const LATENTS = [
  0,
  ...Array.from({ length: 140 }, (_, i) => [1, 1.3, 1.7].map((m) => m * 2 ** (i - 70))).flat(),
  ...Array.from({ length: 81 }, (_, i) => 7.5 + i / 40),
  3.4028234663852886e38,
  Number.POSITIVE_INFINITY,
].flatMap((u) => [u, -u]);

const decimal = fc.integer({ min: -99_999, max: 99_999 });
const boxes = fc
  .tuple(decimal, decimal, fc.integer({ min: -6, max: 6 }))
  .filter(([a, b]) => a !== b)
  .map(([a, b, power]) => [Math.min(a, b), Math.max(a, b)].map((value) => Number(`${value}e${power - 4}`)));

const column = (values: readonly number[]) => tf.tensor2d([...values], [values.length, 1]);

function expectInside(values: Float32Array, low: number, high: number): void {
  const box = new Box({ low: [low], high: [high] });
  for (const value of values) {
    expect(value >= low && value <= high, `${value} in [${low}, ${high}]`).toBe(true);
    expect(box.contains(Float32Array.of(value))).toBe(true);
  }
}

describe('boxSquash', () => {
  test('never leaves the box, in float64 and in float32, and rises with u', () => {
    fc.assert(
      fc.property(boxes, ([low, high]) => {
        const latents = LATENTS.toSorted((a, b) => a - b);
        const actions = boxSquash({ low: [low!], high: [high!] })
          .forward(column(latents))
          .dataSync<'float32'>();
        expectInside(actions, low!, high!);
        const ulp = 2 ** -22 * Math.max(Math.abs(low!), Math.abs(high!));
        for (let i = 1; i < actions.length; i++) expect(actions[i]! - actions[i - 1]!).toBeGreaterThanOrEqual(-ulp);
      }),
      { seed: 1, numRuns: 15 },
    );
  });

  test('never leaves the box where compiled, and its slope is nowhere negative', () => {
    const lows = [9.6, -0.1, -1, 0, -2.7, 1e-3, -1e4];
    const highs = [11.2, 0.3, 1, 0.7, -2.1, 2e-3, 1e4];
    const squash = boxSquash({ low: lows, high: highs });
    const run = compile(
      ({ u }: { u: tf.Tensor }) => {
        const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => squash.forward(x))(u);
        return { value, grad };
      },
      { name: 'squash', state: [] },
    );
    const u = tf.tile(column(LATENTS), [1, lows.length]);
    const { value, grad } = run({ u });
    lows.forEach((low, i) => {
      expectInside(tf.slice(value, [0, i], [-1, 1]).dataSync<'float32'>(), low, highs[i]!);
    });
    for (const slope of grad.dataSync()) expect(slope).toBeGreaterThanOrEqual(0);
    run.dispose();
  });

  test('value, log-determinant and their slopes are those of the scaled tanh in float64', () => {
    const [low, high] = [9.6, 11.2];
    const half = (high - low) / 2;
    const squash = boxSquash({ low: [low], high: [high] });
    const latents = Array.from({ length: 161 }, (_, i) => Math.fround((i - 80) / 4));
    const u = column(latents);
    const [value, logDet] = squash.forwardAndLogDet(u);
    const slopes = tf
      .grad((x) => squash.forward(x))(u)
      .dataSync();
    const logSlopes = tf
      .grad((x) => squash.forwardLogDet(x))(u)
      .dataSync();
    latents.forEach((x, i) => {
      const log = Math.log(half) - 2 * (Math.abs(x) - Math.LN2 + Math.log1p(Math.exp(-2 * Math.abs(x))));
      // Two units in the last place of numbers about 10.
      expect(Math.abs(value.dataSync()[i]! - (low + half + half * Math.tanh(x)))).toBeLessThan(2 ** -19);
      expect(Math.abs(logDet.dataSync()[i]! - log)).toBeLessThan(5e-7 * (1 + Math.abs(log)));
      expect(Math.abs(slopes[i]! - Math.exp(log))).toBeLessThan(3e-7);
      expect(Math.abs(logSlopes[i]! + 2 * Math.tanh(x))).toBeLessThan(2e-6);
    });
  });

  test('the inverse is finite at and beyond the bounds, and right between them', () => {
    for (const [low, high] of [
      [9.6, 11.2],
      [-1, 1],
      [0, 1],
      [-1e-3, 0],
    ] as const) {
      const squash = boxSquash({ low: [low], high: [high] });
      const beyond = column([low - 1, low, high, high + 1]);
      for (const result of squash.inverseAndLogDet(beyond)) {
        for (const entry of result.dataSync()) expect(Number.isFinite(entry)).toBe(true);
      }
      expect([
        ...tf
          .grad((y) => squash.inverse(y))(beyond)
          .dataSync(),
      ]).toEqual([0, 0, 0, 0]);
      const latents = [-2, -0.5, 0, 0.5, 2];
      const back = squash.inverse(squash.forward(column(latents))).dataSync();
      // What rounding an action to float32 moves it by, over the slope there.
      const rounding = (2 ** -23 * Math.max(Math.abs(low), Math.abs(high))) / ((high - low) / 2);
      latents.forEach((x, i) => {
        expect(Math.abs(back[i]! - x)).toBeLessThan(2e-6 + 4 * rounding * Math.cosh(x) ** 2);
      });
    }
  });

  test('one pair of bounds goes with actions of any size, lists with their own', () => {
    const [one, each] = [boxSquash({ low: -1, high: 1 }), boxSquash({ low: [-1, -1], high: [1, 1] })];
    const u = tf.tensor2d([[0.3, -2]]);
    expect(one.forward(u).arraySync()).toEqual(each.forward(u).arraySync());
    for (const squash of [each, boxSquash({ low: [-1, -1], high: 1 })]) {
      expect(() => squash.forward(tf.zeros([6, 1]))).toThrow('got float32 of shape [6,1], expected shape [..., 2]');
    }
    expect(() => boxSquash({ low: [-1], high: [1] }).forward(tf.zeros([6, 2]))).toThrow('expected shape [..., 1]');
  });
});
