import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compile, FlowPolicy, neuralSplineFlow, Rng } from '../../src/index.ts';
import { wrapAngle } from '../../src/nn/tensors.ts';
import { denseCenter, GreedyNoise } from '../../src/policies/greedy.ts';
import { ndtri } from '../../src/special/normal.ts';

type Point = readonly number[];
const BATCH = 100;

/** The center of `count` draws for each of a batch, as points. */
function centers(draw: (rng: Rng) => Point, count = 32): number[][] {
  const rng = new Rng('samples');
  const samples = Array.from({ length: count }, () => Array.from({ length: BATCH }, () => [...draw(rng)]));
  return tf.tidy(() => denseCenter(tf.tensor3d(samples)).arraySync() as number[][]);
}
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const share = (points: number[][], is: (point: number[]) => boolean): number => mean(points.map((x) => Number(is(x))));
const either = (rng: Rng, chance: number): number => (rng.uniform() < chance ? 1 : -1);

/** The same in float64, by the definition: the pair sums one by one, the weights one by one. */
function reference(samples: number[][]): number[] {
  const dim = samples[0]!.length;
  const columns = Array.from({ length: dim }, (_, d) => samples.map((sample) => sample[d]!));
  const means = columns.map(mean);
  const scales = columns.map((column, d) => Math.sqrt(mean(column.map((x) => (x - means[d]!) ** 2))));
  const points = samples.map((sample) => sample.map((x, d) => (x - means[d]!) / scales[d]!));
  const kernel = (a: Point, b: Point): number =>
    1 / (1 + a.reduce((sum, x, d) => sum + (x - b[d]!) ** 2, 0) / (0.1 * 2 * dim));
  const nearness = points.map((a) => points.reduce((sum, b) => sum + kernel(a, b), 0));
  let at: Point = points[nearness.indexOf(Math.max(...nearness))]!;
  for (let step = 0; step < 3; step++) {
    const weights = points.map((point) => kernel(point, at) ** 2);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    at = means.map((_, d) => points.reduce((sum, point, i) => sum + (weights[i]! * point[d]!) / total, 0));
  }
  return at.map((x, d) => means[d]! + scales[d]! * x);
}

test.each([1, 2, 6])('in %d dimensions it is what its definition says, eager and compiled', (dim) => {
  const rng = new Rng(dim);
  const samples = Array.from({ length: 24 }, () =>
    Array.from({ length: 5 }, () => Array.from({ length: dim }, (_, d) => 10 ** d * (either(rng, 0.6) + rng.normal()))),
  );
  const input = tf.tensor3d(samples);
  const compiled = compile(({ samples: x }: { samples: tf.Tensor }) => ({ center: denseCenter(x) }), {
    name: 'center',
    state: [],
  });
  for (const center of [denseCenter(input), compiled({ samples: input }).center]) {
    const found = center.arraySync() as number[][];
    for (let row = 0; row < 5; row++) {
      const expected = reference(samples.map((batch) => batch[row]!));
      expected.forEach((x, d) => expect(found[row]![d]! / 10 ** d).toBeCloseTo(x / 10 ** d, 4));
    }
  }
  compiled.dispose();
});

test('of one sample it is that sample; equal samples and scales of any size do no harm', () => {
  expect(denseCenter(tf.tensor3d([[[1, 2]]])).arraySync()).toEqual([[1, 2]]);
  expect(denseCenter(tf.tensor3d([[[3]], [[3]], [[3]]])).arraySync()).toEqual([[3]]);
  for (const scale of [1e-12, 1e12]) {
    const [[center]] = denseCenter(tf.tensor3d([[[scale]], [[1.1 * scale]], [[9 * scale]]])).arraySync() as [[number]];
    expect(center / scale).toBeGreaterThan(0.99);
    expect(center / scale).toBeLessThan(1.5);
  }
});

test('two equal modes: in one of them, never between', () => {
  const points = centers((rng) => [either(rng, 0.5) + rng.normal(0, 0.1)]);
  expect(mean(points.map(([x]) => Math.abs(Math.abs(x!) - 1)))).toBeLessThan(0.03);
  expect(share(points, ([x]) => x! > 0)).toBeGreaterThan(0.3);
  expect(share(points, ([x]) => x! < 0)).toBeGreaterThan(0.3);
});

test('the mode of more mass, whatever else is denser: a spike of a tenth, a tenth on a bridge', () => {
  expect(
    share(
      centers((rng) => [either(rng, 0.7) + rng.normal(0, 0.2)]),
      ([x]) => x! > 0,
    ),
  ).toBeGreaterThan(0.95);
  const spike = (rng: Rng): Point => [rng.uniform() < 0.1 ? rng.normal(3, 0.01) : rng.normal()];
  expect(share(centers(spike), ([x]) => x! > 2)).toBeLessThan(0.02);
  const bridge = (rng: Rng): Point => [
    rng.uniform() < 0.1 ? rng.uniform(-1, 1) : either(rng, 0.5) + rng.normal(0, 0.1),
  ];
  expect(share(centers(bridge), ([x]) => Math.abs(x!) < 0.6)).toBe(0);
});

test('angles: across ±π they are near, their center lies among them, and turning all turns it', () => {
  const angles = (turn: number): number[] => {
    const rng = new Rng('angles');
    const wrapped = (x: number) => x - 2 * Math.PI * Math.floor((x + Math.PI) / (2 * Math.PI));
    const samples = Array.from({ length: 32 }, () =>
      Array.from({ length: BATCH }, () => [wrapped(turn + (rng.uniform() < 0.7 ? 0 : 2) + rng.normal(0, 0.2))]),
    );
    return tf.tidy(() => [...denseCenter(tf.tensor3d(samples), wrapAngle).dataSync()]);
  };
  const [here, there] = [angles(0), angles(Math.PI)];
  expect(mean(here.map((angle) => Math.abs(angle)))).toBeLessThan(0.1);
  here.forEach((angle, i) => {
    expect(Math.cos(there[i]! - angle - Math.PI)).toBeGreaterThan(0.999);
    expect(Math.abs(there[i]!)).toBeLessThan(Math.PI);
  });
});

test('the noise of greedy actions is stratified and symmetric: a symmetric density has its center', () => {
  const noise = new GreedyNoise(32, 3);
  const rows = noise.normalTensor([96, 2]).arraySync() as number[][];
  const own = Array.from({ length: 32 }, (_, i) => rows[3 * i]!);
  rows.forEach((row, i) => expect(row).toEqual(own[Math.floor(i / 3)]));
  for (const k of [0, 1]) {
    const sorted = own.map((row) => row[k]!).sort((a, b) => a - b);
    own.forEach((row, i) => expect(row[k]! + own[31 - i]![k]!).toBeCloseTo(0, 6));
    const wanted = ndtri(tf.tensor1d(sorted.map((_, i) => (i + 0.5) / 32))).dataSync();
    sorted.forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThan(0.02));
  }
  const uniform = [...noise.uniformTensor([96, 1]).dataSync()].filter((_, i) => i % 3 === 0).sort((a, b) => a - b);
  expect(uniform).toEqual(uniform.map((_, i) => (i + 0.5) / 32));
  // A flow that is N(0, 1) before it is trained.
  const flow = neuralSplineFlow({ dim: 1, contextDim: 1, hidden: [4], rng: new Rng(0) });
  const [center] = new FlowPolicy({ flow }).greedy(tf.zeros([1, 1])).action.dataSync();
  expect(Math.abs(center!)).toBeLessThan(0.1);
});
