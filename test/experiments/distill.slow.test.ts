import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { densities, estimateKl, estimateNll } from '../../experiments/distill.ts';
import { Flow, Rng, ShiftScale } from '../../src/index.ts';
import { normalLogPdf } from '../oracle/densities.ts';
import { runStudy } from './runStudy.ts';

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test.each([
  ['swing', (x: number) => 1.5 * Math.cos(x)],
  ['wells', (x: number) => 2 * Math.sin(x)],
] as const)('%s: its draws have the density that it tells, whose entropy it knows', (name, next) => {
  const { dim, draw, entropy } = densities[name];
  const count = 4000;
  const events = draw(new Rng(name), count);
  const surprises = Array.from({ length: count }, (_, i) => {
    const series = Array.from(events.subarray(i * dim, (i + 1) * dim));
    return -series.reduce(
      (sum, x, t) => sum + normalLogPdf(x, t === 0 ? 0 : next(series[t - 1]!), t === 0 ? 1 : 0.5),
      0,
    );
  });
  // A sum of 8 surprises of normal numbers has the variance 4: the mean's standard error is 0.032.
  expect(Math.abs(mean(surprises) - entropy!)).toBeLessThan(0.1);
});

test('estimates are within their standard errors of what they estimate', () => {
  const normal = (shift: number, scale: number) =>
    new Flow({
      dim: 1,
      bijector: new ShiftScale({
        shift: tf.variable(tf.tensor1d([shift])),
        logScale: tf.variable(tf.tensor1d([Math.log(scale)])),
      }),
    });
  const [q, p] = [normal(0.5, 0.8), normal(-0.2, 1.5)];
  const kl = estimateKl(q, p, 20_000, new Rng('kl'));
  const exact = Math.log(1.5 / 0.8) + (0.8 ** 2 + 0.7 ** 2) / (2 * 1.5 ** 2) - 0.5;
  expect(Math.abs(kl.mean - exact)).toBeLessThan(4 * kl.standardError);
  // log q − log p is −0.356 z² + 0.249 z and a constant, of variance 2 · 0.356² + 0.249² for a normal z.
  const slope = (0.8 * 0.7) / 1.5 ** 2;
  const curve = 0.5 * (0.8 / 1.5) ** 2 - 0.5;
  expect(kl.standardError / Math.sqrt((2 * curve ** 2 + slope ** 2) / 20_000)).toBeCloseTo(1, 1);
  const nll = estimateNll(p, new Rng('data').fillNormal(new Float32Array(20_000)));
  const crossEntropy = 0.5 * Math.log(2 * Math.PI) + Math.log(1.5) + (1 + 0.2 ** 2) / (2 * 1.5 ** 2);
  expect(Math.abs(nll.mean - crossEntropy)).toBeLessThan(4 * nll.standardError);
});

test('oxbow run distill: one teacher for all of a seed, students measured against it', async () => {
  const settings = ['teacher.steps=40', 'student.steps=40', 'evaluationSamples=500', 'hidden=[8]', 'layers=2'];
  const run = await runStudy('distill', ['--seeds', '1', '--env', 'wells'], settings);
  const value = (policy: string, metric: string) => run.value({ policy, metric });
  for (const policy of ['iaf-student', 'spline-student', 'iaf-fitted']) {
    for (const metric of ['klToTeacher', 'klFromTeacher']) {
      expect(value(policy, metric)).toBeGreaterThan(-4 * value(policy, `${metric}Error`)!);
    }
    expect(value(policy, 'nll')).toBeGreaterThan(densities.wells.entropy!);
  }
  expect(value('maf-teacher', 'klToTeacher') ?? null).toBeNull();
});
