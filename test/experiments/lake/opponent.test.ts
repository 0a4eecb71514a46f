import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { makeBanditPolicy } from '../../../experiments/lake/bandit.ts';
import { bankMasses, bestMinimaxGaussian, gaussianBankMass } from '../../../experiments/lake/opponent.ts';
import { type GaussianPolicy, Rng } from '../../../src/index.ts';

/** The mass that N(mean, deviation²) has from `low` to `high`, by Simpson's rule. */
function normalMass(mean: number, deviation: number, low: number, high: number): number {
  const steps = 2000;
  const width = (high - low) / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const z = (low + i * width - mean) / deviation;
    sum += Math.exp(-0.5 * z * z) * (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2);
  }
  return (sum * width) / (3 * deviation * Math.sqrt(2 * Math.PI));
}

const lesser = (mean: number, deviation: number) =>
  Math.min(normalMass(mean, deviation, 0.5, 1.5), normalMass(mean, deviation, -1.5, -0.5));

test('the best Gaussian is worth .242, as a search over means and deviations finds by quadrature', () => {
  let best = { mean: 0, deviation: 1, value: 0 };
  for (let mean = 0; mean <= 1.5; mean += 0.05) {
    for (let deviation = 0.1; deviation <= 2; deviation += 0.01) {
      const value = lesser(mean, deviation);
      if (value > best.value) best = { mean, deviation, value };
    }
  }
  const { deviation, value } = bestMinimaxGaussian();
  expect(best.mean).toBe(0);
  expect(Math.abs(best.deviation - deviation)).toBeLessThan(0.011);
  expect(value).toBeCloseTo(best.value, 4);
  expect(value).toBeCloseTo(lesser(0, deviation), 10);
  expect(deviation).toBeCloseTo(1 / Math.sqrt(Math.log(3)), 12);
  expect([deviation, value]).toEqual([expect.closeTo(0.954, 3), expect.closeTo(0.242, 3)]);
  for (const other of [0.4, 0.9, 1, 3]) {
    expect(gaussianBankMass(other)).toBeCloseTo(lesser(0, other), 10);
    expect(gaussianBankMass(other)).toBeLessThan(value);
  }
});

test('masses of banks are those of the density', () => {
  const policy = makeBanditPolicy('gaussian', new Rng(0), 0.7) as GaussianPolicy;
  for (const { kernel } of policy.network.layers) kernel.assign(tf.zerosLike(kernel));
  policy.network.layers.at(-1)!.bias!.assign(tf.tensor1d([0.3]));
  const { left, right } = bankMasses(policy);
  expect(right).toBeCloseTo(normalMass(0.3, 0.7, 0.5, 1.5), 5);
  expect(left).toBeCloseTo(normalMass(0.3, 0.7, -1.5, -0.5), 5);
  policy.dispose();
});
