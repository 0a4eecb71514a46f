import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { clippedSurrogate, standardized } from '../../agents/core/policyGradient.ts';
import { gradient } from '../oracle/calculus.ts';

const logProb = [-1, -2.2, 0.3, -1, -0.9, 2];
const oldLogProb = [-1.1, -1.9, 0.3, -1.5, -0.2, 2.05];
const advantages = [0.5, -1.2, 2, 1.5, -0.7, -3];
const clip = 0.2;

/** The clipped objective, one sample at a time. */
function lossOf(logs: number[]): number {
  const terms = logs.map((log, i) => {
    const ratio = Math.exp(log - oldLogProb[i]!);
    const clipped = Math.min(Math.max(ratio, 1 - clip), 1 + clip);
    return Math.min(ratio * advantages[i]!, clipped * advantages[i]!);
  });
  return -terms.reduce((sum, term) => sum + term, 0) / terms.length;
}

const run = (logs: tf.Tensor) =>
  clippedSurrogate({
    logProb: logs,
    oldLogProb: tf.tensor1d(oldLogProb),
    advantages: tf.tensor1d(advantages),
    clip: tf.scalar(clip),
  });

test('value, approximate KL, clipped share and largest ratio agree with plain numbers', () => {
  const { policyLoss, approxKl, clipFraction, largestRatio } = run(tf.tensor1d(logProb));
  expect(policyLoss.dataSync()[0]).toBeCloseTo(lossOf(logProb), 5);
  const ratios = logProb.map((log, i) => log - oldLogProb[i]!);
  const kl = ratios.reduce((sum, r) => sum + Math.exp(r) - 1 - r, 0) / ratios.length;
  expect(approxKl.dataSync()[0]).toBeCloseTo(kl, 5);
  expect(clipFraction.dataSync()[0]).toBeCloseTo(3 / 6, 6);
  expect(largestRatio.dataSync()[0]).toBeCloseTo(Math.max(...ratios.map(Math.exp)), 5);
});

test('gradients agree with central differences: none where the clip binds', () => {
  const gradients = tf
    .grad((logs: tf.Tensor) => run(logs).policyLoss)(tf.tensor1d(logProb))
    .dataSync();
  logProb.forEach((_, i) => {
    const at = (step: number): number => lossOf(logProb.map((value, k) => (k === i ? value + step : value)));
    expect(gradients[i]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 4);
  });
  expect(Math.abs(gradients[3]!)).toBe(0);
  expect(Math.abs(gradients[4]!)).toBe(0);
});

test('where all has left the clip, the loss has no gradient, and the KL one that brings each sample back', () => {
  // Ratios from e⁻⁹ to 0.5 of bad actions, and of 3 and 20 of good ones.
  const [moved, fixed] = [
    [-10, -3.2, -1.7, 0.1, 2],
    [-1, -1.2, -1, -1, -1],
  ];
  const old = tf.tensor1d(fixed!);
  const of = (figure: 'policyLoss' | 'approxKl') =>
    tf.grad(
      (logs: tf.Tensor) =>
        clippedSurrogate({
          logProb: logs,
          oldLogProb: old,
          advantages: tf.tensor1d([-8, -3, -1, 2, 5]),
          clip: tf.scalar(clip),
        })[figure],
    )(tf.tensor1d(moved!));
  expect([...of('policyLoss').dataSync()].map(Math.abs)).toEqual([0, 0, 0, 0, 0]);
  const kl = (logs: number[]) =>
    logs.reduce((sum, log, i) => sum + Math.exp(log - fixed![i]!) - 1 - (log - fixed![i]!), 0) / logs.length;
  const wanted = gradient(kl, moved!, 1e-4);
  of('approxKl')
    .dataSync()
    .forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 4));
});

test('standardized: mean 0, sample deviation 1; equal entries give 0, a single one stays: no NaN', () => {
  const values = standardized(tf.tensor1d(advantages)).dataSync();
  const mean = advantages.reduce((sum, x) => sum + x, 0) / 6;
  const std = Math.sqrt(advantages.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 5);
  values.forEach((value, i) => expect(value).toBeCloseTo((advantages[i]! - mean) / std, 5));
  expect([...standardized(tf.fill([4], 2)).dataSync()]).toEqual([0, 0, 0, 0]);
  expect([...standardized(tf.tensor1d([3])).dataSync()]).toEqual([3]);
});
