import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  DivergedError,
  type FitData,
  type FitOptions,
  type FitReport,
  type Flow,
  neuralSplineFlow,
  Rng,
  realNvp,
  Sgd,
} from '../../src/index.ts';
import { normalLogPdf } from '../oracle/densities.ts';

const LOC = 1.5;
const STD = 0.5;
const ENTROPY = 0.5 * Math.log(2 * Math.PI * Math.E * STD ** 2);

const draw = (rng: Rng, count: number): Float32Array =>
  Float32Array.from({ length: count }, () => rng.normal(LOC, STD));
const line = (): Flow => realNvp({ dim: 1, layers: 1, rng: new Rng('flow') });

async function reportsOf(flow: Flow, data: FitData, options: Partial<FitOptions> = {}): Promise<FitReport[]> {
  const reports: FitReport[] = [];
  const settings = { steps: 20, rng: new Rng('fit'), batchSize: 32, reportEvery: 5, ...options };
  for await (const report of flow.fit(data, settings)) reports.push(report);
  return reports;
}

/** Mean negative log-likelihood, by the definition. */
function meanLoss(flow: Flow, data: Float32Array): number {
  const logProb = flow
    .given()
    .logProb(tf.tensor2d(data, [data.length, 1]))
    .dataSync();
  return -[...logProb].reduce((sum, value) => sum + value, 0) / data.length;
}

describe('Flow.fit', () => {
  test('reaches the entropy of the data, and the flow is then the data’s distribution', async () => {
    const flow = line();
    const reports = await reportsOf(flow, draw, { steps: 600, learningRate: { linear: [0.03, 0] }, reportEvery: 200 });
    expect(reports.map(({ step }) => step)).toEqual([200, 400, 600]);
    // The standard error of the mean of 200 · 32 draws' surprise is 0.009.
    expect(Math.abs(reports.at(-1)!.loss - ENTROPY)).toBeLessThan(0.04);
    const x = [0.5, 1.5, 2.2];
    const got = flow
      .given()
      .logProb(tf.tensor2d(x, [3, 1]))
      .dataSync();
    x.forEach((value, i) => expect(Math.abs(got[i]! - normalLogPdf(value, LOC, STD))).toBeLessThan(0.1));
  });

  test('one step is one step of the optimizer down the gradient of the mean, bounded', async () => {
    const data = draw(new Rng(1), 32);
    const [flow, twin] = [line(), line()];
    const [report] = await reportsOf(flow, data, {
      steps: 1,
      maxGradientNorm: 0.5,
      learningRate: 0.1,
      optimizer: (parameters) => new Sgd(parameters),
      standardize: false,
    });
    const parameters = twin.trainableVariables();
    const x = tf.tensor2d(data, [32, 1]);
    const { value, grads } = tf.variableGrads(() => tf.neg(tf.mean(twin.given().logProb(x))) as tf.Scalar, parameters);
    const flat = parameters.flatMap(({ name }) => [...grads[name]!.dataSync()]);
    const norm = Math.hypot(...flat);
    expect(norm).toBeGreaterThan(0.5);
    expect(report!.loss).toBeCloseTo(value.dataSync()[0]!, 5);
    expect(report!.gradientNorm).toBeCloseTo(norm, 4);
    const before = parameters.flatMap((each) => [...each.dataSync()]);
    const after = flow.trainableVariables().flatMap((each) => [...each.dataSync()]);
    before.forEach((entry, i) => expect(after[i]).toBeCloseTo(entry - (0.1 * 0.5 * flat[i]!) / norm, 5));
  });

  test('arrays, lists, tensors and draws of the same numbers give the same fit', async () => {
    const numbers = draw(new Rng(3), 64);
    const fits: FitData[] = [numbers, [...numbers].map((value) => [value]), tf.tensor2d(numbers, [64, 1])];
    const [first, ...others] = await Promise.all(fits.map((data) => reportsOf(line(), data)));
    for (const other of others) expect(other).toEqual(first);
    const [drawn, again] = [await reportsOf(line(), draw), await reportsOf(line(), draw)];
    expect(again).toEqual(drawn);
    expect(await reportsOf(line(), (rng, size) => tf.tensor2d(draw(rng, size), [size, 1]))).toEqual(drawn);
    expect(await reportsOf(line(), draw, { rng: new Rng('another') })).not.toEqual(drawn);
  });

  test('the held-out loss is the mean over exactly those data, whatever the batch', async () => {
    const flow = line();
    const heldOut = draw(new Rng('held'), 50);
    const [report] = await reportsOf(flow, draw(new Rng(4), 64), { steps: 5, heldOut });
    expect(report!.heldOutLoss).toBeCloseTo(meanLoss(flow, heldOut), 5);
    const few = draw(new Rng('few'), 3);
    const again = await reportsOf(flow, draw(new Rng(4), 64), { steps: 5, heldOut: few });
    expect(again[0]!.heldOutLoss).toBeCloseTo(meanLoss(flow, few), 5);
  });

  test('a share is held out: the flow never learns those rows', async () => {
    // The one row in ten that is held out lies apart wherever it falls, and so the loss on it tells which it was.
    const numbers = Float32Array.from({ length: 10 }, (_, i) => i);
    const flow = line();
    const [report] = await reportsOf(flow, numbers, {
      steps: 1,
      batchSize: 9,
      heldOut: 0.1,
      learningRate: 0,
      standardize: false,
    });
    const surprise = (value: number) => -normalLogPdf(value, 0, 1);
    const held = numbers.findIndex((value) => Math.abs(surprise(value) - report!.heldOutLoss!) < 1e-4);
    expect(held).toBeGreaterThanOrEqual(0);
    const rest = [...numbers].filter((_, i) => i !== held);
    expect(report!.loss).toBeCloseTo(rest.reduce((sum, value) => sum + surprise(value), 0) / 9, 4);
  });

  test('keeps the weights that were best on the held-out data, and stops when it has not become better for long', async () => {
    const options = {
      steps: 400,
      heldOut: draw(new Rng('held'), 64),
      learningRate: (share: number) => (share < 0.2 ? 0.02 : 5),
    };
    const flow = line();
    const reports = await reportsOf(flow, draw, { ...options, patience: 4 });
    const { best, step } = reports.at(-1)!;
    expect(best!.heldOutLoss).toBe(Math.min(...reports.map(({ heldOutLoss }) => heldOutLoss!)));
    expect(step).toBe(best!.step + 4 * 5);
    expect(meanLoss(flow, options.heldOut)).toBeCloseTo(best!.heldOutLoss, 5);
    // Leaving the loop keeps them, too.
    const left = line();
    for await (const report of left.fit(draw, { ...options, batchSize: 32, reportEvery: 5, rng: new Rng('fit') })) {
      if (report.step >= 120) break;
    }
    expect(meanLoss(left, options.heldOut)).toBeCloseTo(best!.heldOutLoss, 5);
  });

  test('what is not a number stops it, with the step and the quantity', async () => {
    const flow = line();
    const diverging = reportsOf(flow, draw, { steps: 50, reportEvery: 1, learningRate: 1e30 });
    await expect(diverging).rejects.toThrow(DivergedError);
    await expect(reportsOf(line(), draw, { steps: 50, learningRate: 1e30 })).rejects.toThrow(
      /^Flow\.fit: the (loss|norm of the gradient) is \S+ at step \d+; the weights are those of step 0 again; a smaller learningRate usually helps$/,
    );
  });

  test('after it diverged, the flow has the weights of the last report that were still good', async () => {
    // Leaps at step 11 of 20: the report at step 10 is the last before, and the loss at step 11 is still a number.
    const learningRate = (share: number) => (share < 0.5 ? 0.01 : 1e30);
    const flow = line();
    await expect(reportsOf(flow, draw, { learningRate })).rejects.toThrow('those of step 10 again');
    const twin = line();
    await reportsOf(twin, draw, { steps: 10, learningRate: 0.01 });
    expect(flow.stateDict()).toEqual(twin.stateDict());

    // With a report at each step, the weights after the leap are noted too, but are not good.
    const close = line();
    await expect(reportsOf(close, draw, { learningRate, reportEvery: 1 })).rejects.toThrow('those of step 10 again');
    expect(close.stateDict()).toEqual(twin.stateDict());

    // With held-out data, those that were best on them.
    const held = line();
    const heldOut = draw(new Rng('held'), 40);
    await expect(reportsOf(held, draw, { learningRate, heldOut })).rejects.toThrow(/those of step (5|10) again/);
    expect(meanLoss(held, heldOut)).toBeLessThan(meanLoss(line(), heldOut));
  });

  test('leaves no tensors behind', async () => {
    const flow = neuralSplineFlow({ dim: 2, layers: 2, hidden: [8], bins: 4, rng: new Rng(0) });
    const data = tf.randomNormal([64, 2]);
    await reportsOf(flow, data, { steps: 2, heldOut: 0.2 });
    const before = tf.memory().numTensors;
    await reportsOf(flow, data, { steps: 4, heldOut: 0.2 });
    await reportsOf(flow, (rng, size) => rng.normalTensor([size, 2]), { steps: 4 });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('data and options that do not fit are errors that say so, before anything runs', () => {
    const flow = line();
    const wide = realNvp({ dim: 2, contextDim: 3, rng: new Rng(0) });
    const two = new Float32Array(8);
    const fitting =
      (of: Flow, data: unknown, more: object = {}) =>
      () =>
        of.fit(data as never, { steps: 10, rng: new Rng(0), batchSize: 4, ...more });
    const wrong: [() => unknown, RegExp][] = [
      [fitting(flow, draw, { step: 3 }), /step: unknown option/],
      [fitting(flow, draw, { heldOut: 0.1 }), /heldOut: got a share/],
      [fitting(flow, two, { heldOut: 1 }), /heldOut: got 1/],
      [fitting(flow, two, { patience: 2 }), /patience: got none/],
      [fitting(flow, two, { batchSize: 9 }), /batchSize: got 9/],
      [fitting(flow, two, { heldOut: 0.6 }), /batchSize: got 4/],
      [fitting(flow, [[1], [2, 3]]), /data: events: got 2 in row 1/],
      [fitting(flow, null), /data: events: got null/],
      [fitting(flow, [[1], undefined]), /got undefined in the place of row 1/],
      [fitting(flow, [[1], ['2']]), /got "2" in row 1/],
      [fitting(flow, tf.zeros([4])), /got float32 of shape \[4\]/],
      [fitting(flow, new Float32Array(0)), /got none/],
      [fitting(flow, [[1], [Number.NaN]]), /events: row 1 has NaN/],
      [fitting(wide, two), /data: got events alone/],
      [fitting(flow, { events: two, context: two }), /got a context, too/],
      [fitting(wide, { events: two, context: new Float32Array(9) }), /data: got 3 and 4/],
    ];
    for (const [call, message] of wrong) expect(call).toThrow(message);
  });
});
