import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  type DistillOptions,
  type DistillReport,
  DivergedError,
  distill,
  type Flow,
  iaf,
  maf,
  Rng,
  Sgd,
} from '../../src/index.ts';
import { perturb } from '../support/perturb.ts';

const student = (contextDim = 0) => iaf({ dim: 2, contextDim, layers: 1, hidden: [8], rng: new Rng('student') });
const teacher = (contextDim = 0) =>
  perturb(maf({ dim: 2, contextDim, layers: 1, hidden: [8], rng: new Rng('teacher') }), new Rng('moved'), 0.4);

async function reportsOf(of: Flow, from: Flow, options: Partial<DistillOptions> = {}): Promise<DistillReport[]> {
  const reports: DistillReport[] = [];
  const settings = { steps: 20, rng: new Rng('distill'), batchSize: 64, reportEvery: 5, ...options };
  for await (const report of distill(of, from, settings)) reports.push(report);
  return reports;
}

/** KL(q ‖ p) by the midpoint rule. */
function kl(q: Flow, p: Flow, context?: tf.Tensor): number {
  const cells = 160;
  const width = 16 / cells;
  const points = Array.from({ length: cells ** 2 }, (_, i) => [
    -8 + ((i % cells) + 0.5) * width,
    -8 + (Math.floor(i / cells) + 0.5) * width,
  ]);
  const [logQ, logP] = [q, p].map(
    (flow) => flow.given(context).logProb(tf.tensor2d(points)).dataSync() as Float32Array,
  );
  return logQ!.reduce((sum, value, i) => sum + Math.exp(value) * (value - logP![i]!) * width ** 2, 0);
}

describe('distill', () => {
  test('a student IAF comes near to a teacher MAF, which stays as it is; the reports tell its KL', async () => {
    const [own, from] = [student(), teacher()];
    const before = { kl: kl(own, from), teacher: from.stateDict() };
    const reports = await reportsOf(own, from, { steps: 900, learningRate: { linear: [1e-2, 0] }, reportEvery: 150 });
    expect(reports.map(({ step }) => step)).toEqual([150, 300, 450, 600, 750, 900]);
    const after = kl(own, from);
    expect(before.kl).toBeGreaterThan(0.3);
    expect(after).toBeLessThan(0.05 * before.kl);
    const last = reports.at(-1)!;
    expect(Math.abs(last.kl - after)).toBeLessThan(4 * last.standardError + 0.1 * after);
    expect(from.stateDict()).toEqual(before.teacher);
  });

  test('with contexts that are drawn, the student follows the teacher for each', async () => {
    const [own, from] = [student(1), teacher(1)];
    const context = (rng: Rng, size: number) => Float32Array.from({ length: size }, () => rng.uniform(-1, 1));
    const at = (value: number) => kl(own, from, tf.tensor2d([[value]]));
    const before = [at(-0.8), at(0.8)];
    await reportsOf(own, from, { steps: 900, context, learningRate: { linear: [1e-2, 0] } });
    [at(-0.8), at(0.8)].forEach((value, i) => expect(value).toBeLessThan(0.15 * before[i]!));
  });

  test('one step goes down the gradient of E[log q − log p] through the samples, bounded', async () => {
    const [own, twin, from] = [student(), student(), teacher()];
    for (const flow of [own, twin]) perturb(flow, new Rng('moved'), 0.3);
    const [report] = await reportsOf(own, from, {
      steps: 1,
      maxGradientNorm: 0.5,
      learningRate: 0.1,
      optimizer: (parameters) => new Sgd(parameters),
    });
    const parameters = twin.trainableVariables();
    const noise = new Rng('distill').split('noise');
    const { value, grads } = tf.variableGrads(() => {
      const z = noise.normalTensor([64, 2]);
      const [x, logDet] = twin.bijector.forwardAndLogDet(z);
      const logQ = tf.sub(tf.sum(tf.sub(tf.mul(-0.5, tf.square(z)), 0.5 * Math.log(2 * Math.PI)), 1), logDet);
      return tf.mean(tf.sub(logQ, from.given().logProb(x))) as tf.Scalar;
    }, parameters);
    const flat = parameters.flatMap(({ name }) => [...grads[name]!.dataSync()]);
    const norm = Math.hypot(...flat);
    expect(norm).toBeGreaterThan(0.5);
    expect(report!.kl).toBeCloseTo(value.dataSync()[0]!, 4);
    expect(report!.gradientNorm).toBeCloseTo(norm, 3);
    const starts = perturb(student(), new Rng('moved'), 0.3)
      .trainableVariables()
      .flatMap((each) => [...each.dataSync()]);
    const ends = own.trainableVariables().flatMap((each) => [...each.dataSync()]);
    starts.forEach((entry, i) => expect(ends[i]).toBeCloseTo(entry - (0.1 * 0.5 * flat[i]!) / norm, 4));
  });

  test('left early, the student keeps what it has learned, and nothing leaks', async () => {
    const [own, from] = [student(), teacher()];
    const start = own.stateDict();
    const tensors = tf.memory().numTensors;
    for await (const { step } of distill(own, from, { steps: 1e6, rng: new Rng(0), batchSize: 8, reportEvery: 5 })) {
      if (step === 10) break;
    }
    expect(tf.memory().numTensors).toBe(tensors);
    expect(own.stateDict()).not.toEqual(start);
  });

  test('divergence is an error that names the step, and the student has its last good weights', async () => {
    const own = student();
    const start = own.stateDict();
    const run = reportsOf(own, teacher(), { learningRate: 1e30, optimizer: (parameters) => new Sgd(parameters) });
    await expect(run).rejects.toThrow(DivergedError);
    await expect(run).rejects.toThrow(/^distill: .* at step \d+; the weights are those of step 0 again; a smaller/);
    expect(own.stateDict()).toEqual(start);
  });
});
