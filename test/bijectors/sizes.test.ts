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
      'Chain: got 2 after 3, expected bijectors whose dims meet',
    );
    expect(() => chain.forward(tf.zeros([4, 3]))).toThrow(/^Chain\.forward: got .*, expected shape \[\.\.\., 2\]/);
    expect(() => chain.inverse(tf.zeros([4, 2]))).toThrow(/^Chain\.inverse: got .*, expected shape \[\.\.\., 3\]/);
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
    expect(() => new b.SoftmaxCentered(0)).toThrow('SoftmaxCentered: dim: got 0, expected a positive integer');
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
    expect(() => simplex.logProb(tf.zeros([7, 2]))).toThrow('expected float32 of shape [..., 7, 3]');
    expect(
      () => new TransformedDistribution({ base: new StandardNormal(3), bijector: new b.SoftmaxCentered(2) }),
    ).toThrow('got event shape [3], expected a base over vectors of 2 numbers');
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
    expect(() => new b.Blockwise([])).toThrow('Blockwise: got none, expected at least one bijector');
    expect(() => new b.Blockwise([new b.Tanh()])).toThrow(
      'Blockwise: got no size of block 0, expected one: Tanh goes with any',
    );
    expect(() => new b.Blockwise([new b.Reverse(2)], [3])).toThrow('Blockwise: got 3, expected size 2 for block 0');
    expect(() => new b.Blockwise([new b.Tanh()], [0])).toThrow(
      'Blockwise: size of block 0: got 0, expected a positive integer',
    );
    expect(() => new b.Blockwise([new b.Tanh()], [1, 2])).toThrow(
      'Blockwise: got [1,2], expected a size for each of 1 bijectors',
    );
    const batch = (n: number) => new b.Shift(tf.zeros([n, 2]));
    expect(() => new b.Blockwise([batch(2), batch(3)])).toThrow(
      'Blockwise: got shapes [2,2] and [3,2], expected bijectors whose batches broadcast with one another',
    );
  });
});

test('LeakyRelu and Power say what they cannot take', () => {
  expect(() => new b.LeakyRelu({ slope: 0 })).toThrow('LeakyRelu: got 0, expected a positive slope');
  expect(() => new b.Power(0)).toThrow('Power: got 0, expected a finite power other than 0');
  expect(new b.LeakyRelu().slope).toBe(0.2);
});

test('SoftClip says what it cannot take', () => {
  expect(() => new b.SoftClip({})).toThrow('SoftClip: got neither, expected low, high or both');
  expect(() => new b.SoftClip({ low: 0, hingeSoftness: 0 })).toThrow(
    'SoftClip: got 0, expected a positive hingeSoftness',
  );
  expect(() => new b.SoftClip({ low: [0, 2], high: 2 })).toThrow(
    'SoftClip: got low [0,2] and high 2, expected finite bounds low < high',
  );
  expect(() => new b.SoftClip({ low: [0, 1], high: [2] })).toThrow('got low [0,1] and high [2]');
  expect(() => new b.SoftClip({ low: [] })).toThrow('got low [] and high none');
  for (const high of [Number.POSITIVE_INFINITY, 1e38]) {
    expect(() => new b.SoftClip({ high })).toThrow(`got low none and high ${high}`);
  }
  // The bounds next to 1e8 are 8 apart.
  expect(() => new b.SoftClip({ low: 1e8, high: 1e8 + 1 })).toThrow('expected finite bounds low < high');
  expect(dims(new b.SoftClip({ low: 0, high: [1, 2] }))).toEqual([2, 2]);
  expect(new b.SoftClip({ low: 0 })).toMatchObject({ dim: undefined, high: undefined, hingeSoftness: 1 });
});

test('SinhArcsinh says what it cannot take, and its parameters broadcast with inputs', () => {
  expect(() => new b.SinhArcsinh({ tailweight: [1, 0] })).toThrow('SinhArcsinh: got 0, expected a positive tailweight');
  expect(() => new b.SinhArcsinh({ skewness: Infinity })).toThrow(
    'SinhArcsinh: got Infinity, expected a finite skewness',
  );
  expect(() => new b.SinhArcsinh({ skewness: [1, 2], tailweight: [1, 2, 3] })).toThrow(
    'SinhArcsinh: got shapes [2] and [3], expected parameters that broadcast with one another',
  );
  const maps = new b.SinhArcsinh({ skewness: tf.tensor2d([[0], [1]]), tailweight: [0.5, 1, 2] });
  expect([maps.dim, maps.parameterShape]).toEqual([3, [2, 3]]);
  for (const result of [...maps.forwardAndLogDet(tf.ones([3])), ...maps.inverseAndLogDet(tf.ones([3]))]) {
    expect(result.shape).toEqual([2, 3]);
  }
  const x = tf.scalar(0.7);
  expect(new b.SinhArcsinh().forward(x).arraySync()).toBeCloseTo(0.7, 6);
});
