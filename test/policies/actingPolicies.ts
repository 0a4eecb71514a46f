import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { MixtureSameFamily } from '../../src/distributions/index.ts';
import { MixturePolicy, makePolicy, type Policy, type PolicyName } from '../../src/policies/index.ts';
import { Rng } from '../../src/random.ts';
import { normalLogPdf } from '../oracle/densities.ts';

export const box = (dim: number, bound = 1) => ({
  low: Array(dim).fill(-bound),
  high: Array(dim).fill(bound),
  shape: [dim],
});
export const made = (name: PolicyName, options: object = {}): Policy =>
  makePolicy(
    name as string,
    {
      ...{ observationSpace: box(2), actionSpace: box(2), hidden: [8], rng: new Rng(name), ...options },
    } as never,
  );

export const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;
export const variance = (values: ArrayLike<number>): number => {
  const middle = mean(values);
  return mean(Array.from(values, (x) => (x - middle) ** 2));
};

/** Counts of values between edges beside what is expected of them: Σ (k − n p)² / n p, within four deviations of its mean. */
export function expectLaw(values: ArrayLike<number>, edges: readonly number[], density: (x: number) => number): void {
  const cells = 400;
  const shares = edges.slice(1).map((high, i) => {
    const [low, size] = [edges[i]!, (high - edges[i]!) / cells];
    return mean(Array.from({ length: cells }, (_, j) => density(low + (j + 0.5) * size))) * size * cells;
  });
  const all = shares.reduce((sum, share) => sum + share, 0);
  const counts = shares.map((_, i) => Array.from(values).filter((x) => x >= edges[i]! && x < edges[i + 1]!).length);
  const n = counts.reduce((sum, count) => sum + count, 0);
  expect(n).toBeGreaterThan(0.999 * values.length);
  expectShares(
    counts,
    shares.map((share) => share / all),
  );
}

export function expectShares(counts: readonly number[], shares: readonly number[]): void {
  const n = counts.reduce((sum, count) => sum + count, 0);
  const distance = counts.reduce((sum, count, i) => sum + (count - n * shares[i]!) ** 2 / (n * shares[i]!), 0);
  const freedom = counts.length - 1;
  expect(distance).toBeLessThan(freedom + 4 * Math.sqrt(2 * freedom));
}

/** A mixture of one number that is the same for all observations: a narrow peak of little mass beside a wide one. */
const PEAKS = [
  { weight: 0.25, mean: 1.5, scale: 0.1 },
  { weight: 0.75, mean: -1, scale: 0.5 },
];
export function twoPeaks(): MixturePolicy {
  const policy = new MixturePolicy({ observationDim: 2, actionDim: 1, hidden: [], components: 2, rng: new Rng(0) });
  const { kernel, bias } = policy.network.layers[0]!;
  kernel.assign(tf.zerosLike(kernel));
  const zero = policy.given(tf.zeros([1, 2])).latent as MixtureSameFamily;
  const logScale = (zero.components as unknown as { logScale: tf.Tensor }).logScale.dataSync()[0]!;
  // Raw scales are bounded by 10 tanh(raw / 10).
  const raw = (scale: number) => 10 * Math.atanh((Math.log(scale) - logScale) / 10);
  const bent = bias!.dataSync()[4]!;
  expect(bent).toBe(0);
  bias!.assign(
    tf.tensor1d([
      ...PEAKS.map(({ weight }) => Math.log(weight)),
      ...PEAKS.map((peak) => peak.mean),
      ...PEAKS.map(({ scale }) => raw(scale)),
    ]),
  );
  return policy;
}
export const peaksDensity = (x: number): number =>
  PEAKS.reduce((sum, peak) => sum + peak.weight * Math.exp(normalLogPdf(x, peak.mean, peak.scale)), 0);
export const PEAK_EDGES = [-3.5, -1.8, -1.5, -1.2, -1, -0.8, -0.5, -0.2, 0.5, 1.4, 1.45, 1.5, 1.55, 1.6, 2.5];
