import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import {
  affineFamily,
  BatchNorm,
  Chain,
  Conditioned,
  compile,
  Flow,
  Rng,
  selectEngine,
  valueAndGradients,
  whileTraining,
} from '../../src/index.ts';
import { batchNormTraining, statistics } from '../oracle/batchNorm.ts';
import { gradient } from '../oracle/calculus.ts';
import { perturb } from '../support/perturb.ts';

const ROWS = 5;
const DIM = 2;
const batches = Array.from({ length: 4 }, (_, k) => {
  const rng = new Rng(`batch ${k}`);
  return Array.from({ length: ROWS }, () => [rng.normal(3, 2), rng.normal(-1, 0.3)]);
});
const numbers = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

function expectNear(actual: readonly number[], wanted: readonly number[], tolerance = 1e-5): void {
  expect(actual.length).toBe(wanted.length);
  wanted.forEach((value, i) => {
    expect(Math.abs(actual[i]! - value), `${actual[i]} for ${value}`).toBeLessThan(tolerance * (1 + Math.abs(value)));
  });
}

afterEach(() => selectEngine());

describe.each([true, false])('in training, affine %s', (affine) => {
  const make = () => perturb(new BatchNorm({ dim: DIM, affine }), new Rng('moved'), affine ? 0.3 : 0);
  const parts = (norm: BatchNorm) => ({
    epsilon: norm.epsilon,
    ...(affine && { shift: numbers(norm.shift!), logScale: numbers(norm.logScale!) }),
  });

  test('the inverse and its log-determinant by the statistics of the batch, whatever its shape', () => {
    const norm = make();
    const wanted = batchNormTraining(batches[0]!, parts(norm));
    const flat = tf.tensor2d(batches[0]!);
    for (const y of [flat, tf.reshape(flat, [ROWS, 1, DIM])]) {
      const [x, logDet] = whileTraining(() => norm.inverseAndLogDet(y));
      expect([x.shape, logDet.shape]).toEqual([y.shape, y.shape]);
      expectNear(numbers(x), wanted.x.flat());
      expectNear(
        numbers(logDet),
        batches[0]!.flatMap(() => wanted.logDet),
      );
    }
  });

  test('gradients go through the statistics: those of float64, eager and compiled', () => {
    const norm = make();
    const rng = new Rng('weights');
    const weights = batches[0]!.map(() => [rng.normal(), rng.normal()]);
    const y = tf.variable(tf.tensor2d(batches[0]!));
    const variables = [y, ...norm.trainableVariables()];
    const program = ({ w }: { w: tf.Tensor }) => {
      const { gradients } = valueAndGradients(() => {
        const [x, logDet] = whileTraining(() => norm.inverseAndLogDet(y));
        return { loss: tf.add(tf.sum(tf.mul(tf.square(x), w)), tf.sum(logDet)) };
      }, variables);
      return Object.fromEntries(gradients.map((each, i) => [`${i}`, each]));
    };
    const start = [batches[0]!.flat(), ...norm.trainableVariables().map(numbers)];
    const loss = (values: number[][]): number => {
      const rows = batches[0]!.map((_, i) => values[0]!.slice(i * DIM, (i + 1) * DIM));
      const { x, logDet } = batchNormTraining(rows, {
        epsilon: norm.epsilon,
        ...(affine && { shift: values[1]!, logScale: values[2]! }),
      });
      const squares = x.flatMap((row, i) => row.map((value, k) => value ** 2 * weights[i]![k]!));
      return [...squares, ...logDet.map((value) => ROWS * value)].reduce((sum, value) => sum + value, 0);
    };
    const wanted = start.map((values, k) => gradient((moved) => loss(start.with(k, moved)), values));
    class Holder extends Flow {
      readonly y = y;
    }
    const state = [new Holder({ dim: DIM, bijector: norm })];
    const w = tf.tensor2d(weights);
    const step = compile(program, { name: 'step', state });
    for (const results of [program({ w }), step({ w })]) {
      wanted.forEach((values, k) => expectNear(numbers(results[k]!), values, 1e-4));
    }
    step.dispose();
  });
});

test.each(['wasm', 'eager'] as const)('running statistics, by a compiled step: %s', (engine) => {
  selectEngine(engine);
  const momentum = 0.7;
  const norm = new BatchNorm({ dim: DIM, momentum });
  const train = compile(({ y }: { y: tf.Tensor }) => ({ x: whileTraining(() => norm.inverse(y)) }), {
    name: 'train',
    state: [norm],
  });
  const evaluate = compile(({ y }: { y: tf.Tensor }) => ({ x: norm.inverse(y) }), { name: 'evaluate', state: [norm] });
  for (const [n, rows] of batches.entries()) {
    const y = tf.tensor2d(rows);
    expectNear(numbers(train({ y }).x), batchNormTraining(rows, { epsilon: norm.epsilon }).x.flat());
    const seen = batches.slice(0, n + 1).map(statistics);
    const weights = seen.map((_, k) => momentum ** (n - k));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const average = (part: 'mean' | 'variance') =>
      [0, 1].map((i) => seen.reduce((sum, each, k) => sum + (each[part][i]! * weights[k]!) / total, 0));
    const before = norm.stateDict();
    expectNear(numbers(norm.runningMean), average('mean'));
    expectNear(numbers(norm.runningVariance), average('variance'));
    const deviations = average('variance').map((value) => Math.sqrt(value + norm.epsilon));
    const wanted = rows.flatMap((row) => row.map((value, i) => (value - average('mean')[i]!) / deviations[i]!));
    expectNear(numbers(evaluate({ y }).x), wanted);
    expect(norm.stateDict()).toEqual(before);
  }
  train.dispose();
  evaluate.dispose();
});

test('Flow.fit trains in training mode and holds out data outside of it; gradients are of trained variables alone', async () => {
  const norm = new BatchNorm({ dim: DIM });
  const layer = new Conditioned({ dim: DIM, family: affineFamily, rng: new Rng(0) });
  const flow = new Flow({ dim: DIM, bijector: new Chain([norm, layer]) });
  expect(flow.trainableVariables()).not.toContain(norm.runningMean);
  const draw = (rng: Rng, size: number) =>
    Float32Array.from({ length: DIM * size }, (_, i) => (i % 2 === 0 ? rng.normal(50, 4) : rng.normal(-2, 0.1)));
  const heldOut = draw(new Rng('held'), 1000);
  const settings = { steps: 200, batchSize: 128, reportEvery: 100, rng: new Rng('fit'), heldOut, standardize: false };
  const reports = [];
  for await (const report of flow.fit(draw, settings)) reports.push(report);
  const entropy = Math.log(2 * Math.PI * Math.E) + Math.log(4) + Math.log(0.1);
  expect(numbers(norm.runningMean)[0]!).toBeGreaterThan(49);
  expect(numbers(norm.runningMean)[0]!).toBeLessThan(51);
  expect(Math.abs(reports.at(-1)!.heldOutLoss! - entropy)).toBeLessThan(0.1);
  const logProb = flow.given().logProb(tf.tensor2d(heldOut, [1000, DIM]));
  expect(-numbers(tf.mean(logProb))[0]!).toBeCloseTo(reports.at(-1)!.best!.heldOutLoss, 4);
});

test('a mode that a graph would keep is refused', () => {
  selectEngine('wasm');
  const norm = new BatchNorm({ dim: DIM });
  const step = compile(({ y }: { y: tf.Tensor }) => ({ x: norm.inverse(y) }), { name: 'step', state: [norm] });
  const y = tf.tensor2d(batches[0]!);
  expect(() => whileTraining(() => step({ y }))).toThrow(
    /^whileTraining: got a call around the compiled function 'step'/,
  );
  const failing = () =>
    whileTraining(() => {
      throw new Error('inside');
    });
  expect(failing).toThrow('inside');
  expectNear(numbers(norm.inverse(y)), batches[0]!.flat());
});
