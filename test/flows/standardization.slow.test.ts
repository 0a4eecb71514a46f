import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import {
  Chain,
  circularSplineFlow,
  compile,
  Exp,
  type FitData,
  type FitOptions,
  type FitReport,
  Flow,
  type FlowPolicy,
  maf,
  makePolicy,
  neuralSplineFlow,
  Rng,
  realNvp,
  ShiftScale,
  selectEngine,
  Tanh,
} from '../../src/index.ts';
import { normalLogPdf } from '../oracle/densities.ts';
import { perturb } from '../support/perturb.ts';

let warn: MockInstance;
beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => selectEngine());

async function fitted(flow: Flow, data: FitData, options: Partial<FitOptions> = {}): Promise<FitReport> {
  const settings = { steps: 1, learningRate: 0, batchSize: 32, rng: new Rng('fit'), ...options };
  let last: FitReport | undefined;
  for await (const report of flow.fit(data, settings)) last = report;
  return last!;
}

/** Mean and deviation by the definition. */
function moments(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
}
const column = (values: Float32Array, i: number, width: number): number[] =>
  [...values].filter((_, k) => k % width === i);
const map = (flow: Flow, part: 'events' | 'context') => {
  const { shift, scale } = flow.standardization![part]!;
  return { mean: [...(shift as tf.Tensor).dataSync()], deviation: [...(scale as tf.Tensor).dataSync()] };
};

const MEANS = [10, 200];
const STDS = [5, 40];
const draw = (rng: Rng, count: number): Float32Array =>
  Float32Array.from({ length: 2 * count }, (_, i) => rng.normal(MEANS[i % 2], STDS[i % 2]));
const make = (seed = 'flow') => realNvp({ dim: 2, layers: 2, hidden: [6], rng: new Rng(seed) });

describe('what a fit standardizes', () => {
  test('a flow begins as a Gaussian of the moments of the training data alone, in the data’s units', async () => {
    const data = draw(new Rng(1), 64);
    const flow = make();
    const { loss, heldOutLoss } = await fitted(flow, data, { heldOut: 0.5 });
    const order = new Rng('fit').split('heldOut').permutation(64);
    const rows = (from: number, to: number) =>
      [...order.subarray(from, to)].map((row) => [data[2 * row]!, data[2 * row + 1]!]);
    const [held, trained] = [rows(0, 32), rows(32, 64)];
    const wanted = [0, 1].map((i) => moments(trained.map((row) => row[i]!)));
    wanted.forEach(({ mean, deviation }, i) => {
      expect(map(flow, 'events').mean[i]).toBeCloseTo(mean, 4);
      expect(map(flow, 'events').deviation[i]).toBeCloseTo(deviation, 4);
    });
    const logPdf = (row: readonly number[]) =>
      wanted.reduce((sum, { mean, deviation }, i) => sum + normalLogPdf(row[i]!, mean, deviation), 0);
    const mean = (of: readonly number[][]) => -of.reduce((sum, row) => sum + logPdf(row), 0) / of.length;
    expect(loss).toBeCloseTo(mean(trained), 4);
    expect(heldOutLoss).toBeCloseTo(mean(held), 4);
    flow.logProb(data).forEach((value, i) => expect(value).toBeCloseTo(logPdf([data[2 * i]!, data[2 * i + 1]!]), 4));
  });

  test('log p is that of the flow within at standard events in standard contexts, less the log-determinant', async () => {
    for (const of of [realNvp, maf, neuralSplineFlow]) {
      const flow = of({ dim: 2, contextDim: 2, layers: 2, hidden: [6], rng: new Rng('flow') });
      const data = { events: draw(new Rng(2), 40), context: draw(new Rng(3), 40).map((x) => 7 - x) };
      await fitted(flow, data);
      perturb(flow, new Rng('moved'), 0.3);
      const [events, context] = [map(flow, 'events'), map(flow, 'context')];
      const standard = (x: Float32Array, { mean, deviation }: typeof events) =>
        tf.tensor2d(
          x.map((value, i) => (value - mean[i % 2]!) / deviation[i % 2]!),
          [40, 2],
        );
      const inner = flow.bijector.given(standard(data.context, context));
      const [z, logDet] = inner.inverseAndLogDet(standard(data.events, events));
      const logScale = Math.log(events.deviation[0]!) + Math.log(events.deviation[1]!);
      const noise = z.arraySync() as number[][];
      const wanted = [...logDet.dataSync()].map(
        (each, i) => each - logScale + noise[i]!.reduce((sum, value) => sum + normalLogPdf(value, 0, 1), 0),
      );
      flow.logProb(data).forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 3));
      // And the samples are those of that density.
      const { sample, logProb } = flow.given(tf.tensor2d(data.context, [40, 2])).sampleWithLogProb(new Rng(4));
      const again = flow.logProb({ events: sample, context: data.context });
      logProb.dataSync().forEach((value, i) => expect(again[i]).toBeCloseTo(value, 3));
    }
  });

  test('the map is not trained; another fit leaves it, and `standardize: false` makes none', async () => {
    const flow = make();
    const { trainable } = { trainable: flow.trainableVariables().length };
    await fitted(flow, draw, { steps: 20, learningRate: 0.01 });
    expect(flow.trainableVariables()).toHaveLength(trainable);
    const before = map(flow, 'events');
    MEANS.forEach((mean, i) => expect(Math.abs(before.mean[i]! - mean)).toBeLessThan((4 * STDS[i]!) / 64));
    await fitted(flow, (rng, count) => draw(rng, count).map((x) => x + 1000));
    expect(map(flow, 'events')).toEqual(before);
    const bare = make();
    await fitted(bare, draw, { standardize: false });
    expect([bare.standardization, Object.keys(bare.stateDict())]).toEqual([undefined, Object.keys(make().stateDict())]);
  });

  test('a flow that fits the data better without gets none: one that knows their units', async () => {
    const known = make();
    const data = draw(new Rng(5), 200).map((x, i) => (i % 2 === 0 ? x : x / 40));
    await fitted(known, data, { steps: 400, learningRate: 0.05, standardize: false });
    const before = known.logProb(data);
    await fitted(known, data);
    expect(known.standardization).toBeUndefined();
    expect(known.logProb(data)).toEqual(before);
  });

  test.each([
    ['[−10, 10]', () => [new ShiftScale({ scale: 10 }), new Tanh()], [9, 0.6], [11, -11]],
    ['x > 0', () => [new Exp()], [0.5, 0.1], [-0.5]],
  ] as const)('a flow onto %s stays there; contexts get their units', async (_, make, [mean, deviation], outside) => {
    for (const contextDim of [0, 1]) {
      const inner = neuralSplineFlow({ dim: 1, contextDim, layers: 2, hidden: [4], rng: new Rng('flow') }).bijector;
      const flow = new Flow({ dim: 1, contextDim, bijector: new Chain([...make(), inner]) });
      const rng = new Rng(12);
      const events = Float32Array.from({ length: 256 }, () =>
        Math.min(9.99, Math.max(0.01, rng.normal(mean, deviation))),
      );
      const context = events.map((__, i) => 1000 + i);
      const at = (x: number) => flow.logProb(contextDim === 0 ? [[x]] : { events: [[x]], context: [[1127]] })[0]!;
      const before = outside.map(at);
      await fitted(flow, contextDim === 0 ? events : { events, context });
      if (contextDim === 0) {
        expect(flow.standardization).toBeUndefined();
        expect(outside.map(at)).toEqual(before);
      } else {
        expect(map(flow, 'events')).toEqual({ mean: [0], deviation: [1] });
        expect(map(flow, 'context').mean[0]).toBeCloseTo(1127.5, 2);
      }
      const draws = flow.sample(1000, contextDim === 0 ? {} : { context: [[1127]] });
      if (mean === 9) expect(Math.max(...draws)).toBeLessThanOrEqual(10);
      else expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
    }
  });

  test('angles stay as they are, their contexts do not', async () => {
    const rng = new Rng(7);
    const events = Float32Array.from({ length: 128 }, () => rng.uniform(-3, 3));
    const options = { dim: 2, layers: 2, hidden: [4], rng };
    const alone = circularSplineFlow(options);
    await fitted(alone, events);
    expect(alone.standardization).toBeUndefined();
    const inContext = circularSplineFlow({ ...options, contextDim: 1 });
    await fitted(inContext, { events, context: Float32Array.from({ length: 64 }, (_, i) => 1000 + i) });
    expect(inContext.standardization!.events).toBeUndefined();
    expect(map(inContext, 'context').mean[0]).toBeCloseTo(1031.5, 2);
  });

  test.each([
    ['all 0', () => 0, 0, 1],
    ['all 5', () => 5, 5, 5 * 2 ** -24],
    ['5 ± 1e-9 of it', (rng: Rng) => 5 * (1 + 1e-9 * rng.normal()), 5, 5 * 2 ** -24],
    ['10,000 ± 0.01', (rng: Rng) => 1e4 + 0.01 * rng.normal(), 1e4, 0.01],
    ['1e-20', (rng: Rng) => 1e-20 * rng.normal(), 0, 1e-20],
    ['1e-40', (rng: Rng) => 1e-40 * rng.normal(), 0, 1],
    ['1e30', (rng: Rng) => 1e30 * rng.normal(), 0, 1e30],
  ] as const)('a column of %s', async (_, of, mean, deviation) => {
    const rng = new Rng('column');
    const flow = realNvp({ dim: 2, contextDim: 1, layers: 2, hidden: [6], rng: new Rng('flow') });
    const numbers = Array.from({ length: 256 }, () => Math.fround(of(rng)));
    const events = Float32Array.from({ length: 512 }, (__, i) => (i % 2 === 0 ? numbers[i / 2]! : rng.normal()));
    const report = await fitted(flow, { events, context: Float32Array.from(numbers) }, { heldOut: 0.2 });
    const got = map(flow, 'events');
    expect(Math.abs(got.mean[0]! - mean)).toBeLessThanOrEqual(0.3 * deviation);
    expect(got.deviation[0]! / deviation).toBeGreaterThan(0.8);
    expect(got.deviation[0]! / deviation).toBeLessThan(1.2);
    // What does not vary tells nothing of another context.
    const isConstant = deviation === mean * 2 ** -24 || deviation === 1;
    if (isConstant) expect(map(flow, 'context').deviation[0]).toBe(1);
    for (const value of [report.loss, report.gradientNorm, report.heldOutLoss!, report.gaussianLoss!]) {
      expect(Number.isFinite(value)).toBe(true);
    }
  });
});

describe('the map in files and programs', () => {
  test('goes with the flow through JSON; states without it load as before', async () => {
    const flow = make();
    const plain = make('plain').stateDict();
    await fitted(flow, draw, { steps: 5, learningRate: 0.01 });
    const x = draw(new Rng(8), 10);
    const loaded = make('another');
    loaded.loadStateDict(JSON.parse(JSON.stringify(flow.stateDict())));
    expect(loaded.logProb(x)).toEqual(flow.logProb(x));
    flow.loadStateDict(JSON.parse(JSON.stringify(plain)));
    expect(flow.standardization).toBeUndefined();
    const twin = make('plain');
    expect(flow.logProb(x)).toEqual(twin.logProb(x));
    // Within a policy, too.
    const box = (size: number) => ({ low: Array(size).fill(-1), high: Array(size).fill(1), shape: [size] });
    const policy = (seed: string) =>
      makePolicy('realnvp', {
        observationSpace: box(3),
        actionSpace: box(2),
        hidden: [4],
        head: false,
        rng: new Rng(seed),
      }) as FlowPolicy;
    const [one, other] = [policy('a'), policy('b')];
    await fitted(one.flow, { events: draw(new Rng(9), 64), context: new Rng(10).normalTensor([64, 3]) });
    other.loadStateDict(one.stateDict());
    expect(other.stateDict()).toEqual(one.stateDict());
    expect(Object.keys(other.stateDict())).toContain('flow.standardization.events.shift');
  });

  test.each(['wasm', 'eager'] as const)(
    'a function that was compiled before follows, as does flow.at: %s',
    async (engine) => {
      selectEngine(engine);
      const flow = make();
      const density = compile(({ x }: { x: tf.Tensor }) => ({ logProb: flow.given().logProb(x) }), {
        name: 'density',
        state: [flow],
      });
      const x = tf.tensor2d(draw(new Rng(11), 5), [5, 2]);
      const at = flow.at();
      const [before] = [density({ x }).logProb.dataSync(), at.logProb(x)];
      await fitted(flow, draw);
      const after = flow.given().logProb(x).dataSync();
      expect(after[0]).toBeGreaterThan(before[0]! + 1);
      [density({ x }).logProb, at.logProb(x)].forEach((got) =>
        got.dataSync().forEach((value, i) => expect(value).toBeCloseTo(after[i]!, 4)),
      );
      density.dispose();
    },
  );
});

describe('beside a Gaussian', () => {
  const bent = (rng: Rng, count: number): Float32Array => {
    const rows = new Float32Array(2 * count);
    for (let i = 0; i < count; i++) {
      const x = rng.normal();
      rows.set([10 + 5 * x, 200 + 40 * (0.9 * x + Math.sqrt(1 - 0.81) * rng.normal())], 2 * i);
    }
    return rows;
  };

  test('the report has the loss of one with the training data’s mean and covariance', async () => {
    const [trained, held] = [bent(new Rng(1), 200), bent(new Rng(2), 50)];
    const { gaussianLoss } = await fitted(make(), trained, { heldOut: held });
    const [x, y] = [column(trained, 0, 2), column(trained, 1, 2)];
    const [a, b] = [moments(x), moments(y)];
    const correlation =
      x.reduce((sum, value, i) => sum + (value - a.mean) * (y[i]! - b.mean), 0) / 200 / a.deviation / b.deviation;
    const rest = 1 - correlation ** 2;
    const loss = (p: number, q: number) => {
      const [u, v] = [(p - a.mean) / a.deviation, (q - b.mean) / b.deviation];
      const square = (u * u - 2 * correlation * u * v + v * v) / rest;
      return Math.log(2 * Math.PI * a.deviation * b.deviation * Math.sqrt(rest)) + square / 2;
    };
    const [p, q] = [column(held, 0, 2), column(held, 1, 2)];
    expect(gaussianLoss).toBeCloseTo(p.reduce((sum, value, i) => sum + loss(value, q[i]!), 0) / 50, 4);
    const without = await fitted(make(), trained);
    expect(without.gaussianLoss).toBeUndefined();
  });

  test('a fit that ends above it says so in one line, a good one says nothing', async () => {
    const heldOut = bent(new Rng(3), 100);
    const options = { steps: 20, learningRate: 1e-3, heldOut };
    const { best, gaussianLoss } = await fitted(make(), bent(new Rng(4), 300), { ...options, standardize: false });
    expect(gaussianLoss).toBeLessThan(best!.heldOutLoss);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^Flow\.fit: the held-out loss is [^\n]*Gaussian[^\n]*$/)],
    ]);
    warn.mockClear();
    // Data of which a Gaussian is the best model there is; few of them, too, where the flow begins as that.
    for (const [of, count] of [
      [bent, 400],
      [bent, 1000],
      [draw, 100],
      [draw, 40],
    ] as const) {
      await fitted(make(), of(new Rng(count), count), {
        steps: 300,
        learningRate: { linear: [0.01, 0] },
        heldOut: 0.25,
        batchSize: 30,
        reportEvery: 10,
      });
    }
    expect(warn).not.toHaveBeenCalled();
  });
});
