import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  BatchRenorm,
  type BatchRenormOptions,
  compile,
  LayerNorm,
  Mlp,
  Rng,
  valueAndGradients,
  whileTraining,
} from '../../src/index.ts';
import { statistics } from '../oracle/batchNorm.ts';
import { gradient } from '../oracle/calculus.ts';
import { batchRenorm, layerNorm, renormCorrections } from '../oracle/normalization.ts';
import { perturb } from '../support/perturb.ts';

const ROWS = 5;
const options = { dim: 3, momentum: 0.8, epsilon: 0.01, maxScale: 1.5, maxShift: 1.5 };
const batch = (name: string, wide = 1) => {
  const rng = new Rng(name);
  return Array.from({ length: ROWS }, () => [rng.normal(3, 2 * wide), rng.normal(-1, 0.3), rng.normal(0, 1)]);
};
const numbers = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

function expectNear(got: readonly number[], wanted: readonly number[], tolerance = 1e-5): void {
  expect(got.length).toBe(wanted.length);
  wanted.forEach((value, i) => {
    expect(Math.abs(got[i]! - value), `${got[i]} for ${value}`).toBeLessThan(tolerance * (1 + Math.abs(value)));
  });
}

/** One whose learned numbers are not 1 and 0, after some batches. */
function make(more: Partial<BatchRenormOptions> = {}, seen = ['a', 'b']) {
  const norm = new BatchRenorm({ ...options, ...more });
  for (const name of seen) whileTraining(() => norm.apply(tf.tensor2d(batch(name))));
  tf.tidy(() => {
    norm.scale.assign(tf.tensor1d([1.2, 0.7, -0.4]));
    norm.shift.assign(tf.tensor1d([0.1, -0.3, 2]));
  });
  return norm;
}

/** Averages with weights that fall by the momentum and add up to 1. */
function running(names: readonly string[]) {
  const all = names.map((name) => statistics(batch(name)));
  const weights = names.map((_, i) => options.momentum ** (names.length - 1 - i));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const average = (of: 'mean' | 'variance') =>
    [0, 1, 2].map((k) => all.reduce((sum, each, i) => sum + (weights[i]! / total) * each[of][k]!, 0));
  return { mean: average('mean'), variance: average('variance') };
}

describe('in training', () => {
  test('values are those of the formula, with r and d by the running statistics before, where they are clipped and where not', () => {
    const norm = make();
    const rows = batch('c', 3);
    const corrections = renormCorrections(rows, running(['a', 'b']), options);
    expect(new Set(corrections.map(({ clipped }) => clipped)).size).toBe(2);
    const y = whileTraining(() => norm.apply(tf.tensor2d(rows)));
    expectNear(numbers(y), batchRenorm(rows, corrections, numbers(norm.scale), numbers(norm.shift), 0.01).flat());
  });

  test('gradients go through the statistics of the batch, and not through r and d', () => {
    const norm = make();
    const rows = batch('c', 3);
    const corrections = renormCorrections(rows, running(['a', 'b']), options);
    const weights = numbers(new Rng('weights').normalTensor([ROWS, 3]));
    const x = tf.variable(tf.tensor2d(rows));
    const variables = [x, norm.scale, norm.shift];
    const step = compile(
      ({ w }: { w: tf.Tensor }) => {
        const { gradients } = valueAndGradients(
          () => ({ loss: whileTraining(() => tf.sum(tf.mul(tf.square(norm.apply(x)), w))) }),
          variables,
        );
        return Object.fromEntries(gradients.map((each, i) => [`${i}`, each]));
      },
      { name: 'renorm', state: [norm, x] },
    );
    const got = step({ w: tf.tensor2d(weights, [ROWS, 3]) });
    const start = [rows.flat(), numbers(norm.scale), numbers(norm.shift)];
    const loss = ([flat, scale, shift]: number[][]) =>
      batchRenorm(
        rows.map((_, i) => flat!.slice(3 * i, 3 * i + 3)),
        corrections,
        scale!,
        shift!,
        0.01,
      )
        .flat()
        .reduce((sum, value, i) => sum + value ** 2 * weights[i]!, 0);
    start.forEach((values, i) => {
      expectNear(
        numbers(got[i]!),
        gradient((moved) => loss(start.with(i, moved)), values, 1e-5),
        1e-4,
      );
    });
  });

  test('the warm-up is plain batch normalization, and is counted', () => {
    const norm = make({ warmUp: 3 });
    const rows = batch('c', 3);
    const y = (name = rows) => numbers(whileTraining(() => norm.apply(tf.tensor2d(name))));
    const plain = rows[0]!.map(() => ({ r: 1, d: 0 }));
    const [scale, shift] = [numbers(norm.scale), numbers(norm.shift)];
    expectNear(y(), batchRenorm(rows, plain, scale, shift, 0.01).flat());
    const later = batch('d', 3);
    const before = { mean: numbers(norm.runningMean), variance: numbers(norm.runningVariance) };
    expectNear(y(later), batchRenorm(later, renormCorrections(later, before, options), scale, shift, 0.01).flat());
    expect(norm.stateDict().batches!.values[0]).toBe(3);
  });
});

test('outside of training it goes by the running statistics, which stay', () => {
  const norm = make();
  const before = norm.stateDict();
  const { mean, variance } = running(['a', 'b']);
  expectNear(numbers(norm.runningMean), mean);
  expectNear(numbers(norm.runningVariance), variance);
  const rows = batch('c');
  const [scale, shift] = [numbers(norm.scale), numbers(norm.shift)];
  const wanted = rows.flatMap((row) =>
    row.map((value, i) => (scale[i]! * (value - mean[i]!)) / Math.sqrt(variance[i]! + 0.01) + shift[i]!),
  );
  expectNear(numbers(norm.apply(tf.tensor2d(rows))), wanted);
  expect(norm.stateDict()).toEqual(before);
  // Where nothing is clipped, training gives the same numbers.
  const wide = make({ maxScale: 100, maxShift: 100 });
  expectNear(numbers(whileTraining(() => wide.apply(tf.tensor2d(rows)))), wanted);
});

test('a network with BatchRenorm normalizes its input and after each activation', () => {
  const network = perturb(
    new Mlp({ inputDim: 2, hidden: [4], outputDim: 1, activation: 'relu', batchRenorm: {}, rng: new Rng(3) }),
    new Rng(4),
    0.1,
  );
  const [first, last] = network.layers as [(typeof network.layers)[0], (typeof network.layers)[0]];
  const [ofInput, ofHidden] = network.batchRenorms as [BatchRenorm, BatchRenorm];
  const x = tf.tensor2d([[0.4, -0.9]]);
  const wanted = last.apply(ofHidden.apply(tf.relu(first.apply(ofInput.apply(x)))));
  expect(numbers(network.apply(x))).toEqual(numbers(wanted));
});

/** Rows of a layer: one that is constant, too. */
const LAYER = [
  [0.3, -1.2, 2, 0.7],
  [100, 101, 99, 100.5],
  [-2, -2, -2, -2],
];

test('LayerNorm: value and gradients are those of the float64 formula, compiled; a constant vector has finite ones', () => {
  const norm = perturb(new LayerNorm({ dim: 4 }), new Rng(1));
  const weights = new Rng(2).normalTensor([3, 4]);
  const w = numbers(weights);
  const run = compile(
    ({ x, weights }: { x: tf.Tensor; weights: tf.Tensor }) => {
      const loss = (input: tf.Tensor) => tf.sum(tf.mul(norm.apply(input), weights)) as tf.Scalar;
      const { grads } = tf.variableGrads(() => loss(x), norm.trainableVariables());
      return {
        y: norm.apply(x),
        byX: tf.grad(loss)(x),
        byScale: grads[norm.scale.name]!,
        byShift: grads[norm.shift.name]!,
      };
    },
    { name: 'layerNorm', state: [norm] },
  );
  const { y, byX, byScale, byShift } = run({ x: tf.tensor2d(LAYER), weights });
  const [scale, shift] = [numbers(norm.scale), numbers(norm.shift)];
  const of = (x: number[], s = scale, t = shift) =>
    layerNorm([x.slice(0, 4), x.slice(4, 8), x.slice(8)], s, t, 1e-5).flat();
  const flat = LAYER.flat();
  const loss = (values: number[]) => values.reduce((sum, value, i) => sum + value * w[i]!, 0);
  const near = (got: tf.Tensor, wanted: number[], tolerance: number) => expectNear(numbers(got), wanted, tolerance);
  near(y!, of(flat), 1e-5);
  near(
    byX!,
    gradient((x) => loss(of(x)), flat, 1e-5),
    2e-4,
  );
  near(
    byScale!,
    gradient((s) => loss(of(flat, s)), scale, 1e-5),
    1e-5,
  );
  near(
    byShift!,
    gradient((t) => loss(of(flat, scale, t)), shift, 1e-5),
    1e-5,
  );
});

test('a network with LayerNorm normalizes before each activation', () => {
  const network = perturb(
    new Mlp({ inputDim: 2, hidden: [4], outputDim: 1, activation: 'relu', layerNorm: true, rng: new Rng(3) }),
    new Rng(4),
  );
  const [first, last] = network.layers as [(typeof network.layers)[0], (typeof network.layers)[0]];
  const x = tf.tensor2d([[0.4, -0.9]]);
  const wanted = last.apply(tf.relu(network.layerNorms[0]!.apply(first.apply(x))));
  expect(numbers(network.apply(x))).toEqual(numbers(wanted));
  expect(Object.keys(network.stateDict()).slice(4)).toEqual(['layerNorms.0.scale', 'layerNorms.0.shift']);
});
