import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  compile,
  ExpRelaxedOneHotCategorical,
  OneHotCategorical,
  RelaxedOneHotCategorical,
  Rng,
} from '../../src/index.ts';
import { gradient } from '../oracle/calculus.ts';
import { lgamma64 } from '../oracle/special.ts';

const LOGITS = [
  [0.3, -1, 2],
  [-2, 1.5, 0.1],
];
const softmax = (logits: readonly number[]): number[] => {
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  return logits.map((logit) => Math.exp(logit) / total);
};

/** The density as Maddison, Mnih & Teh write it: (n − 1)! λ^(n−1) Π α xₖ^(−λ−1) / (Σ α xₖ^−λ)ⁿ. */
function concreteLogPdf(x: readonly number[], logits: readonly number[], temperature: number): number {
  const n = x.length;
  const total = x.reduce((sum, value, k) => sum + Math.exp(logits[k]!) * value ** -temperature, 0);
  const product = x.reduce((sum, value, k) => sum + logits[k]! - (temperature + 1) * Math.log(value), 0);
  return lgamma64(n) + (n - 1) * Math.log(temperature) + product - n * Math.log(total);
}

describe('OneHotCategorical', () => {
  const distribution = new OneHotCategorical({ logits: tf.tensor2d(LOGITS) });

  test('draws are one-hot vectors with the probabilities; moments, mode and entropy are those of the indices', () => {
    const count = 20_000;
    const { sample, logProb } = distribution.sampleWithLogProb(new Rng(0), [count]);
    expect([sample.shape, logProb.shape]).toEqual([
      [count, 2, 3],
      [count, 2],
    ]);
    expect(new Set(sample.dataSync())).toEqual(new Set([0, 1]));
    expect(tf.sum(tf.abs(tf.sub(tf.sum(sample, -1), 1))).dataSync()[0]).toBe(0);
    const mean = tf.mean(sample, 0).arraySync() as number[][];
    LOGITS.forEach((logits, row) =>
      softmax(logits).forEach((p, k) => {
        expect(Math.abs(mean[row]![k]! - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / count));
        const one = tf.tensor1d([0, 1, 2].map((i) => (i === k ? 1 : 0)));
        expect((distribution.logProb(one).arraySync() as number[])[row]).toBeCloseTo(Math.log(p), 5);
        expect((distribution.mean().arraySync() as number[][])[row]![k]).toBeCloseTo(p, 6);
        expect((distribution.variance().arraySync() as number[][])[row]![k]).toBeCloseTo(p * (1 - p), 6);
      }),
    );
    expect(distribution.mode().arraySync()).toEqual([
      [0, 0, 1],
      [0, 1, 0],
    ]);
    const entropy = distribution.entropy().dataSync();
    LOGITS.forEach((logits, row) => {
      expect(entropy[row]).toBeCloseTo(-softmax(logits).reduce((sum, p) => sum + p * Math.log(p), 0), 5);
    });
  });

  test('the gradient of logProb is one-hot − softmax', () => {
    const one = tf.tensor1d([0, 1, 0]);
    const got = tf.grad((logits: tf.Tensor) => new OneHotCategorical({ logits }).logProb(one))(tf.tensor2d(LOGITS));
    LOGITS.forEach((logits, row) =>
      softmax(logits).forEach((p, k) => {
        expect((got.arraySync() as number[][])[row]![k]).toBeCloseTo((k === 1 ? 1 : 0) - p, 5);
      }),
    );
  });
});

describe.each([0.3, 1, 2.5])('RelaxedOneHotCategorical at temperature %s', (temperature) => {
  const make = (logits: tf.Tensor = tf.tensor2d(LOGITS), at: number | tf.Tensor = temperature) =>
    new RelaxedOneHotCategorical({ temperature: at, logits });
  const x = [
    [0.2, 0.3, 0.5],
    [0.7, 0.25, 0.05],
  ];

  test('logProb and its gradients agree with the definition', () => {
    const got = make().logProb(tf.tensor2d(x)).dataSync();
    const inputs = [tf.tensor2d(x), tf.tensor2d(LOGITS), tf.scalar(temperature)];
    const [byX, byLogits, byTemperature] = tf.grads((at: tf.Tensor, logits: tf.Tensor, t: tf.Tensor) =>
      make(logits, t).logProb(at),
    )(inputs);
    let slope = 0;
    x.forEach((point, row) => {
      const wanted = concreteLogPdf(point, LOGITS[row]!, temperature);
      expect(got[row]).toBeCloseTo(wanted, 4);
      gradient((at) => concreteLogPdf(at, LOGITS[row]!, temperature), point, 1e-4).forEach((each, k) => {
        expect(Math.abs((byX!.arraySync() as number[][])[row]![k]! - each)).toBeLessThan(2e-4 * (1 + Math.abs(each)));
      });
      gradient((at) => concreteLogPdf(point, at, temperature), LOGITS[row]!).forEach((each, k) => {
        expect((byLogits!.arraySync() as number[][])[row]![k]).toBeCloseTo(each, 4);
      });
      slope += gradient((at) => concreteLogPdf(point, LOGITS[row]!, at[0]!), [temperature])[0]!;
    });
    expect(byTemperature!.dataSync()[0]).toBeCloseTo(slope, 3);
  });

  test('the density integrates to 1 over the simplex', () => {
    // Of two categories, so that x₂ = 1 − x₁; evenly in logit x₁.
    const logits = tf.tensor1d([0.4, -0.9]);
    const t = Array.from({ length: 4000 }, (_, i) => (i + 0.5) / 50 - 40);
    const logs = new ExpRelaxedOneHotCategorical({ temperature, logits }).logProb(
      tf.logSoftmax(tf.tensor2d(t.map((value) => [value, 0]))),
    );
    const y = tf.logSoftmax(tf.tensor2d(t.map((value) => [value, 0]))).arraySync() as number[][];
    // dx₁ = x₁ x₂ dt, and p(x) = p(y)/(x₁ x₂).
    const total = [...logs.dataSync()].reduce((sum, log) => sum + Math.exp(log) / 50, 0);
    expect(total).toBeCloseTo(1, 4);
    expect(y).toHaveLength(4000);
  });

  test('samples are softmaxes of perturbed logits, and agree with the density: E[1{X near c}/p(X)] is the area', () => {
    const { sample, logProb } = make().sampleWithLogProb(new Rng(0), [40_000]);
    expect(tf.max(tf.abs(tf.sub(tf.sum(sample, -1), 1))).dataSync()[0]).toBeLessThan(1e-5);
    const chosen = tf.mean(tf.oneHot(tf.argMax(sample, -1), 3), 0).arraySync() as number[][];
    LOGITS.forEach((logits, row) =>
      softmax(logits).forEach((p, k) => expect(Math.abs(chosen[row]![k]! - p)).toBeLessThan(0.015)),
    );
    const first = tf.slice(sample, [0, 0, 0], [-1, -1, 2]);
    const near = tf.cast(tf.all(tf.less(tf.abs(tf.sub(first, 0.3)), 0.15), -1), 'float32');
    const area = tf.mean(tf.mul(near, tf.exp(tf.neg(logProb))), 0).dataSync();
    for (const value of area) expect(Math.abs(value / 0.09 - 1)).toBeLessThan(0.2);
    const again = make().logProb(sample);
    if (temperature >= 1) expect(tf.max(tf.abs(tf.sub(again, logProb))).dataSync()[0]).toBeLessThan(1e-2);
  });

  test('compiled as eager, gradients through the sample included', () => {
    const run = ({ logits }: { logits: tf.Tensor }, rng: Rng) => {
      const through = (at: tf.Tensor) => {
        const { sample, logProb } = make(at).sampleWithLogProb(rng, [4]);
        return tf.add(tf.sum(tf.square(sample)), tf.sum(logProb));
      };
      return { gradient: tf.grad(through)(logits) };
    };
    const compiled = compile(run, { name: 'relaxed', state: [] });
    const inputs = { logits: tf.tensor2d(LOGITS) };
    const [eager, graph] = [run(inputs, new Rng(1)).gradient, compiled(inputs, new Rng(1)).gradient];
    expect(tf.max(tf.abs(tf.sub(eager, graph))).dataSync()[0]).toBeLessThan(1e-4);
    compiled.dispose();
  });
});

test('at low temperatures nothing overflows in the logarithm', () => {
  const logits = tf.tensor2d(LOGITS);
  for (const temperature of [0.01, 0.001]) {
    const distribution = new ExpRelaxedOneHotCategorical({ temperature, logits });
    const { sample, logProb } = distribution.sampleWithLogProb(new Rng(0), [200]);
    for (const value of [...sample.dataSync(), ...logProb.dataSync()]) expect(Number.isFinite(value)).toBe(true);
    const relaxed = new RelaxedOneHotCategorical({ temperature, logits }).sampleWithLogProb(new Rng(0), [200]);
    for (const value of [...relaxed.sample.dataSync(), ...relaxed.logProb.dataSync()]) {
      expect(Number.isFinite(value)).toBe(true);
    }
  }
});

test('what is no temperature or no logits is refused', () => {
  const logits = tf.zeros([3]);
  expect(() => new RelaxedOneHotCategorical({ temperature: 0, logits })).toThrow('expected a positive temperature');
  expect(() => new ExpRelaxedOneHotCategorical({ temperature: tf.zeros([2]), logits })).toThrow('got shape [2]');
  expect(() => new RelaxedOneHotCategorical({ temperature: 1, logits: tf.zeros([3, 1]) })).toThrow(
    'got [3,1], expected logits [..., n] of at least two categories',
  );
});
