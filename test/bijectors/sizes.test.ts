import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import * as b from '../../src/bijectors/index.ts';
import { StandardNormal, TransformedDistribution } from '../../src/distributions/index.ts';
import { Rng } from '../../src/random.ts';

const rng = new Rng('sizes');
const dims = (bijector: b.Bijector) => [bijector.dim, bijector.outputDim];

describe('maps to vectors of another size', () => {
  test('Chain and Invert know both sizes, and parts have to meet', () => {
    const shift = new b.Shift([1, 2]);
    const chain = new b.Chain([new b.Tanh(), new b.Reverse(3), new b.SoftmaxCentered(2), new b.Exp(), shift]);
    expect(dims(chain)).toEqual([2, 3]);
    expect(dims(new b.Invert(chain))).toEqual([3, 2]);
    expect(dims(new b.Chain([chain, new b.Invert(chain)]))).toEqual([3, 3]);
    expect(dims(new b.Chain([new b.Tanh()]))).toEqual([undefined, undefined]);
    expect(chain.forward(tf.zeros([4, 2])).shape).toEqual([4, 3]);
    expect(chain.inverse(tf.fill([4, 3], 0.3)).shape).toEqual([4, 2]);
    expect(() => new b.Chain([shift, new b.SoftmaxCentered(2)])).toThrow(
      'Chain: wanted bijectors whose dims meet, got 2 after 3',
    );
    expect(() => chain.forward(tf.zeros([4, 3]))).toThrow('Chain.forward: wanted shape [..., 2], got');
    expect(() => chain.inverse(tf.zeros([4, 2]))).toThrow('Chain.inverse: wanted shape [..., 3], got');
  });

  test('a batch of maps stays one', () => {
    const chain = new b.Chain([new b.SoftmaxCentered(2), new b.Shift(tf.zeros([5, 2]))]);
    expect(chain.parameterShape).toEqual([5, 2]);
    expect(new b.Invert(chain).parameterShape).toEqual([5, 3]);
    expect(() => chain.forward(tf.zeros([4, 2]))).toThrow("broadcasts with its parameters' [5,2]");
    expect(() => new b.Invert(chain).forward(tf.zeros([4, 3]))).toThrow("broadcasts with its parameters' [5,3]");
  });

  test('SoftmaxCentered gives points of the simplex, also where logits are huge', () => {
    const softmax = new b.SoftmaxCentered(3);
    for (const scale of [1, 100, 1e4]) {
      const y = softmax.forward(tf.mul(rng.normalTensor([50, 3]), scale)).arraySync() as number[][];
      for (const row of y) {
        expect(row.reduce((a, c) => a + c)).toBeCloseTo(1, 5);
        expect(row.every((entry) => entry >= 0)).toBe(true);
      }
    }
    const y = tf.tensor2d([[0.1, 0.2, 0.3, 0.4]]);
    const [x, logDet] = softmax.inverseAndLogDet(y);
    const [scaled, scaledLogDet] = softmax.inverseAndLogDet(tf.mul(y, 3));
    expect(tf.max(tf.abs(tf.sub(x, scaled))).arraySync()).toBeLessThan(1e-6);
    expect(scaledLogDet.dataSync()[0]).toBeCloseTo(logDet.dataSync()[0]!, 5);
    expect(() => new b.SoftmaxCentered(0)).toThrow('SoftmaxCentered: wanted a positive integer dim, got 0');
  });

  test('a distribution has the event shape of what it is mapped to', () => {
    const simplex = new TransformedDistribution({
      base: new StandardNormal(2, [7]),
      bijector: new b.SoftmaxCentered(2),
    });
    expect([simplex.batchShape, simplex.eventShape]).toEqual([[7], [3]]);
    const { sample, logProb } = simplex.sampleWithLogProb(rng, [5]);
    expect([sample.shape, logProb.shape]).toEqual([
      [5, 7, 3],
      [5, 7],
    ]);
    expect(tf.max(tf.abs(tf.sub(simplex.logProb(sample), logProb))).arraySync()).toBeLessThan(1e-4);
    expect(() => simplex.logProb(tf.zeros([7, 2]))).toThrow('wanted float32 of shape [..., 7, 3], got');
    expect(
      () => new TransformedDistribution({ base: new StandardNormal(3), bijector: new b.SoftmaxCentered(2) }),
    ).toThrow('wanted a base over vectors of 2 numbers, got event shape [3]');
  });
});

describe('Blockwise', () => {
  test('maps each block by its own part', () => {
    const blocks = new b.Blockwise(
      [new b.Exp(), new b.Reverse(2), new b.SoftmaxCentered(1)],
      [1, undefined, undefined],
    );
    expect(dims(blocks)).toEqual([4, 5]);
    const [y, logDet] = blocks.forwardAndLogDet(tf.tensor1d([2, 5, 7, 0]));
    const wanted = [Math.exp(2), 7, 5, 0.5, 0.5];
    y.dataSync().forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i]!, 5);
    });
    expect(logDet.arraySync()).toBeCloseTo(2 + Math.log(Math.SQRT2 / 4), 5);
    expect((blocks.inverse(y).arraySync() as number[]).map((value) => Math.round(value * 1e4) / 1e4)).toEqual([
      2, 5, 7, 0,
    ]);
  });

  test('a part that is a batch of maps makes the whole one', () => {
    const blocks = new b.Blockwise([new b.Shift(tf.tensor2d([[1], [2]])), new b.Scale([2, 2])], [1, 2]);
    expect(blocks.parameterShape).toEqual([2, 3]);
    const [y, logDet] = blocks.forwardAndLogDet(tf.ones([3]));
    expect(y.arraySync()).toEqual([
      [2, 2, 2],
      [3, 2, 2],
    ]);
    expect(logDet.shape).toEqual([2]);
  });

  test('says what does not fit', () => {
    expect(() => new b.Blockwise([])).toThrow('Blockwise: wanted at least one bijector, got none');
    expect(() => new b.Blockwise([new b.Tanh()])).toThrow('Blockwise: wanted the size of block 0: Tanh goes with any');
    expect(() => new b.Blockwise([new b.Reverse(2)], [3])).toThrow('Blockwise: wanted size 2 for block 0, got 3');
    expect(() => new b.Blockwise([new b.Tanh()], [0])).toThrow(
      'Blockwise: wanted a positive integer size of block 0, got 0',
    );
    expect(() => new b.Blockwise([new b.Tanh()], [1, 2])).toThrow(
      'Blockwise: wanted a size for each of 1 bijectors, got [1,2]',
    );
    const batch = (n: number) => new b.Shift(tf.zeros([n, 2]));
    expect(() => new b.Blockwise([batch(2), batch(3)])).toThrow(
      'Blockwise: wanted bijectors whose batches broadcast with one another, got shapes [2,2] and [3,2]',
    );
  });
});

test('LeakyRelu and Power say what they cannot take', () => {
  expect(() => new b.LeakyRelu({ slope: 0 })).toThrow('LeakyRelu: wanted a positive slope, got 0');
  expect(() => new b.Power(0)).toThrow('Power: wanted a finite power other than 0, got 0');
  expect(new b.LeakyRelu().slope).toBe(0.2);
});

test('SoftClip says what it cannot take', () => {
  expect(() => new b.SoftClip({})).toThrow('SoftClip: wanted low, high or both, got neither');
  expect(() => new b.SoftClip({ low: 0, hingeSoftness: 0 })).toThrow(
    'SoftClip: wanted a positive hingeSoftness, got 0',
  );
  expect(() => new b.SoftClip({ low: [0, 2], high: 2 })).toThrow(
    'SoftClip: wanted finite bounds low < high, got low [0,2] and high 2',
  );
  expect(() => new b.SoftClip({ low: [0, 1], high: [2] })).toThrow('got low [0,1] and high [2]');
  expect(() => new b.SoftClip({ low: [] })).toThrow('got low [] and high none');
  for (const high of [Number.POSITIVE_INFINITY, 1e38]) {
    expect(() => new b.SoftClip({ high })).toThrow(`got low none and high ${high}`);
  }
  // The bounds next to 1e8 are 8 apart.
  expect(() => new b.SoftClip({ low: 1e8, high: 1e8 + 1 })).toThrow('wanted finite bounds low < high');
  expect(dims(new b.SoftClip({ low: 0, high: [1, 2] }))).toEqual([2, 2]);
  expect(new b.SoftClip({ low: 0 })).toMatchObject({ dim: undefined, high: undefined, hingeSoftness: 1 });
});

test('SinhArcsinh says what it cannot take, and its parameters broadcast with inputs', () => {
  expect(() => new b.SinhArcsinh({ tailweight: [1, 0] })).toThrow('SinhArcsinh: wanted a positive tailweight, got 0');
  expect(() => new b.SinhArcsinh({ skewness: Infinity })).toThrow(
    'SinhArcsinh: wanted a finite skewness, got Infinity',
  );
  expect(() => new b.SinhArcsinh({ skewness: [1, 2], tailweight: [1, 2, 3] })).toThrow(
    'SinhArcsinh: wanted parameters that broadcast with one another, got shapes [2] and [3]',
  );
  const maps = new b.SinhArcsinh({ skewness: tf.tensor2d([[0], [1]]), tailweight: [0.5, 1, 2] });
  expect([maps.dim, maps.parameterShape]).toEqual([3, [2, 3]]);
  for (const result of [...maps.forwardAndLogDet(tf.ones([3])), ...maps.inverseAndLogDet(tf.ones([3]))]) {
    expect(result.shape).toEqual([2, 3]);
  }
  const x = tf.scalar(0.7);
  expect(new b.SinhArcsinh().forward(x).arraySync()).toBeCloseTo(0.7, 6);
});
