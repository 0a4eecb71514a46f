import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { splineQuantiles } from '../../src/distributions/splineQuantiles.ts';
import { compile, midpointFractions, Rng } from '../../src/index.ts';
import { gradient } from '../oracle/calculus.ts';
import { splineQuantiles as oracle } from '../oracle/splineQuantiles.ts';

const [BINS, COUNT] = [5, 7];
const WIDTH = 3 * BINS + 1;

const run = compile(
  ({ parameters, weights }: Record<'parameters' | 'weights', tf.Tensor>) => {
    const of = (x: tf.Tensor) => splineQuantiles(x, BINS, COUNT);
    return { quantiles: of(parameters), slopes: tf.grad((x) => tf.sum(tf.mul(of(x), weights)))(parameters) };
  },
  { name: 'splineQuantiles', state: [] },
);

describe('splineQuantiles', () => {
  test('values and gradients are those of the float64 spline, also with parameters that are far out', () => {
    const rng = new Rng(3);
    // Scales from next to nothing to large; far logits make some bins as narrow as they may be.
    const rows = [0.5, 1, 3, 8].map((std) => Array.from({ length: WIDTH }, () => std * rng.normal()));
    rows.push([...rows[1]!.slice(0, -1), -20], [...rows[1]!.slice(0, -1), 60]);
    const weights = rows.map(() => Array.from({ length: COUNT }, () => rng.normal()));
    const { quantiles, slopes } = run({ parameters: tf.tensor2d(rows), weights: tf.tensor2d(weights) });
    const [got, gradients] = [quantiles!.arraySync() as number[][], slopes!.arraySync() as number[][]];
    rows.forEach((row, r) => {
      oracle(row, BINS, COUNT).forEach((wanted, i) => {
        expect(got[r]![i]! / (1 + Math.abs(wanted))).toBeCloseTo(wanted / (1 + Math.abs(wanted)), 4);
      });
      const loss = (x: number[]) => oracle(x, BINS, COUNT).reduce((sum, z, i) => sum + z * weights[r]![i]!, 0);
      const slopesWanted = gradient(loss, row, 1e-6);
      const size = 1 + Math.max(...slopesWanted.map(Math.abs));
      slopesWanted.forEach((wanted, i) => expect(gradients[r]![i]! / size).toBeCloseTo(wanted / size, 3));
    });
  });

  test('with parameters of 0 it is uniform on ±log 2', () => {
    const got = splineQuantiles(tf.zeros([1, WIDTH]), BINS, COUNT).dataSync();
    midpointFractions(COUNT).forEach((tau, i) => expect(got[i]).toBeCloseTo(Math.log(2) * (2 * tau - 1), 6));
  });

  test('quantiles never cross, whatever the parameters, and lie within location ± scale', () => {
    const parameters = tf.mul(new Rng(4).normalTensor([2000, WIDTH]), 3);
    const got = splineQuantiles(parameters, BINS, 50).arraySync() as number[][];
    const rows = parameters.arraySync() as number[][];
    got.forEach((quantiles, r) => {
      const [location, raw] = rows[r]!.slice(-2) as [number, number];
      const scale = Math.max(raw, 0) + Math.log1p(Math.exp(-Math.abs(raw)));
      // One rounding of float32 at this size.
      const slack = 2 ** -22 * (Math.abs(location) + scale);
      quantiles.forEach((z, i) => {
        if (i > 0) expect(z).toBeGreaterThanOrEqual(quantiles[i - 1]! - slack);
        expect(Math.abs(z - location)).toBeLessThanOrEqual(scale + slack);
      });
      if (scale > 1e-3 * Math.abs(location)) expect(quantiles.at(-1)!).toBeGreaterThan(quantiles[0]!);
    });
  });
});
