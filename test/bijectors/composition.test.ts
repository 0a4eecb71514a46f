import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Partition } from '../../src/bijectors/coupling.ts';
import * as b from '../../src/bijectors/index.ts';
import { StandardNormal, TransformedDistribution } from '../../src/distributions/index.ts';
import { Rng } from '../../src/random.ts';
import { perturb } from '../support/perturb.ts';

const rng = new Rng('composition');
const layer = { dim: 2, family: b.affineFamily, hidden: [4], rng };
const coupling = (options: Partial<ConstructorParameters<typeof b.Coupling>[0]> = {}) =>
  new b.Coupling({ ...layer, transformed: 'second', ...options });
const dims = (bijector: b.Bijector) => [bijector.dim, bijector.outputDim];

describe('Chain', () => {
  test('applies the last part first', () => {
    const chain = new b.Chain([new b.Exp(), new b.Shift(1), new b.Scale(2)]);
    expect(chain.forward(tf.scalar(3)).arraySync()).toBeCloseTo(Math.exp(7), 2);
    expect(chain.inverse(tf.scalar(Math.exp(7))).arraySync()).toBeCloseTo(3, 5);
    expect(chain.forwardLogDet(tf.scalar(3)).arraySync()).toBeCloseTo(7 + Math.log(2), 5);
  });

  test('sums log-determinants to the greatest event rank of its parts', () => {
    const x = tf.tensor2d([[1, 2, 3]]);
    const elementwise = new b.Chain([new b.Scale(2), new b.Shift(1)]);
    expect([elementwise.eventNdims, elementwise.dim]).toEqual([0, undefined]);
    expect(elementwise.forwardLogDet(x).shape).toEqual([1, 3]);
    const vector = new b.Chain([new b.Scale(2), new b.Reverse(3), new b.Scale(3)]);
    expect([vector.eventNdims, vector.dim]).toEqual([1, 3]);
    expect(vector.forwardLogDet(x).arraySync()).toEqual([expect.closeTo(3 * Math.log(6), 5)]);
  });

  test('hands the context to every part, at any depth, and lists every variable once', () => {
    const part = perturb(coupling({ contextDim: 1 }), rng);
    const chain = new b.Chain([new b.Invert(part), new b.Chain([new b.Tanh(), part])]);
    expect(chain.variables().length).toBe(part.variables().length);
    const context = tf.tensor2d([[0.5], [-2]]);
    const x = tf.tensor2d([
      [0.1, 0.2],
      [0.1, 0.2],
    ]);
    const given = chain.given(context);
    const [first, second] = given.forward(x).arraySync() as number[][];
    expect(first).not.toEqual(second);
    expect(given.variables()).toEqual(chain.variables());
    const alone = part.given(context);
    const byHand = alone.inverse(tf.tanh(alone.forward(x)));
    expect(tf.max(tf.abs(tf.sub(byHand, given.forward(x)))).arraySync()).toBeLessThan(1e-6);
  });

  test('is itself where no part takes a context', () => {
    const chain = new b.Chain([new b.Invert(coupling()), new b.Tanh()]);
    expect(chain.given()).toBe(chain);
    expect(chain.given(tf.zeros([1, 1]))).toBe(chain);
  });
});

describe('Coupling', () => {
  test('keeps what it does not transform to the bit, and the Jacobian is 0 off the mask', () => {
    const layer = perturb(coupling({ dim: 5, transformed: [4, 1] }), rng);
    const x = rng.normalTensor([3, 5]);
    const [before, after] = [x, layer.forward(x)].map((tensor) => tensor.arraySync() as number[][]);
    before!.forEach((row, i) => {
      for (const kept of [0, 2, 3]) expect(after![i]![kept]).toBe(row[kept]);
      for (const changed of [1, 4]) expect(after![i]![changed]).not.toBe(row[changed]);
    });
    for (const [output, zero] of [
      [0, [1, 2, 3, 4]],
      [1, [4]],
      [4, [1]],
    ] as const) {
      const slopes = tf
        .grad((t) => tf.sum(tf.slice(layer.forward(t), [0, output], [3, 1])))(x)
        .arraySync() as number[][];
      for (const row of slopes) for (const input of zero) expect(row[input]).toBe(0);
    }
  });

  test.each([
    ['first', [true, true, false, false, false]],
    ['second', [false, false, true, true, true]],
    ['even', [true, false, true, false, true]],
    ['odd', [false, true, false, true, false]],
    [[3], [false, false, false, true, false]],
  ] as const)('transforms %s', (transformed, wanted) => {
    const layer = perturb(coupling({ dim: 5, transformed }), rng);
    const x = rng.normalTensor([1, 5]);
    expect(tf.notEqual(layer.forward(x), x).arraySync()).toEqual([wanted.map(Number)]);
  });
});

describe.each([
  ['Coupling', (options: object) => perturb(coupling(options), rng)],
  ['Autoregressive', (options: object) => perturb(new b.Autoregressive({ ...layer, ...options }), rng)],
])('%s', (_, make) => {
  test('a context of batch 1 goes with any batch, and gets its gradient, summed over leading dimensions', () => {
    const module = make({ contextDim: 2, family: b.rationalQuadraticSplineFamily() });
    const x = rng.normalTensor([4, 3, 2]);
    const one = tf.tensor2d([[1, -1]]);
    const [alone, repeated] = [one, tf.tile(one, [3, 1])].map((context) => module.given(context).forward(x));
    expect(tf.max(tf.abs(tf.sub(alone!, repeated!))).arraySync()).toBeLessThan(1e-6);
    const context = rng.normalTensor([3, 2]);
    for (const direction of ['forwardLogDet', 'inverseLogDet'] as const) {
      const loss = (given: tf.Tensor, input: tf.Tensor) => tf.sum(module.given(given)[direction](input));
      const whole = tf.grad((given) => loss(given, x))(context);
      const parts = tf.unstack(x).map((part) => tf.grad((given) => loss(given, part))(context));
      expect(tf.max(tf.abs(tf.sub(whole, tf.addN(parts)))).arraySync()).toBeLessThan(1e-5);
    }
  });

  test('a network sees angles by their cosine and sine', () => {
    const module = make({ family: b.circularSplineFamily({ bins: 4 }) });
    const angles = [-Math.PI, Math.PI, 3 * Math.PI].map((angle) => [angle, 1] as [number, number]);
    const values = module.inverse(tf.tensor2d(angles)).arraySync() as number[][];
    for (const row of values) expect(row[1]!).toBeCloseTo(values[0]![1]!, 4);
  });
});

describe('Partition', () => {
  const flags = fc.array(fc.boolean(), { minLength: 2, maxLength: 9 });

  test('any partition splits in order, merges again, and lets gradients through', () => {
    fc.assert(
      fc.property(
        flags.filter((entries) => entries.includes(true) && entries.includes(false)),
        (entries) => {
          const partition = new Partition(entries);
          const x = tf.tensor1d(entries.map((_, i) => i));
          const [rest, selected] = partition.split(x);
          expect(selected.arraySync()).toEqual(entries.flatMap((flag, i) => (flag ? [i] : [])));
          expect(partition.merge(rest, selected).arraySync()).toEqual(x.arraySync());
          const slopes = tf.grad((t) => {
            const [left, right] = partition.split(t);
            return tf.sum(tf.square(partition.merge(left, tf.mul(right, 3))));
          })(x);
          expect(slopes.arraySync()).toEqual(entries.map((flag, i) => 2 * i * (flag ? 9 : 1)));
        },
      ),
    );
  });
});

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
});

test('the parameters of SinhArcsinh broadcast with inputs', () => {
  const maps = new b.SinhArcsinh({ skewness: tf.tensor2d([[0], [1]]), tailweight: [0.5, 1, 2] });
  expect([maps.dim, maps.parameterShape]).toEqual([3, [2, 3]]);
  for (const result of [...maps.forwardAndLogDet(tf.ones([3])), ...maps.inverseAndLogDet(tf.ones([3]))]) {
    expect(result.shape).toEqual([2, 3]);
  }
  const x = tf.scalar(0.7);
  expect(new b.SinhArcsinh().forward(x).arraySync()).toBeCloseTo(0.7, 6);
});

describe('affine bijectors', () => {
  test('lists and tensors fix the size of the last axis; one number, or one in a tensor, goes with any', () => {
    const x = tf.zeros([2, 3]);
    for (const fits of [1, [1, 2, 3], tf.tensor1d([1, 2, 3]), tf.tensor1d([1]), tf.scalar(1), tf.ones([2, 1])]) {
      expect(new b.Shift(fits).forward(x).shape).toEqual([2, 3]);
    }
    expect(new b.ShiftScale({}).parameterShape).toEqual([]);
    expect(
      new b.Chain([new b.Shift(tf.ones([2, 1])), new b.Invert(new b.Scale(tf.ones([5, 1, 3])))]).parameterShape,
    ).toEqual([5, 2, 3]);
  });

  test('affineFamily reaches slope 40 and ends at e⁵', () => {
    const slope = (raw: number) =>
      Math.exp(
        b.affineFamily
          .bijector(tf.tensor2d([[0, raw]]), 1)
          .forwardLogDet(tf.tensor2d([[1]]))
          .dataSync()[0]!,
      );
    expect(slope(5)).toBeGreaterThan(40);
    expect(slope(1e4)).toBeCloseTo(Math.exp(5), 2);
    expect(slope(-1e4)).toBeCloseTo(Math.exp(-5), 5);
  });
});

describe('memory', () => {
  test('nothing stays behind but the results, and dispose frees the variables', () => {
    const before = tf.memory().numTensors;
    const chain = new b.Chain([
      coupling({ family: b.rationalQuadraticSplineFamily() }),
      new b.PRelu(),
      b.TriangularAffine.learnable(2),
    ]);
    const variables = chain.trainableVariables();
    expect(tf.memory().numTensors).toBe(before + variables.length);
    const step = () =>
      tf.tidy(() => {
        tf.variableGrads(() => tf.sum(chain.inverseLogDet(tf.ones([4, 2]))) as tf.Scalar, variables);
      });
    for (let i = 0; i < 3; i++) step();
    expect(tf.memory().numTensors).toBe(before + variables.length);
    chain.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('results are tensors of their own: disposing them harms neither inputs nor variables', () => {
    const x = tf.ones([1, 2]);
    const learnable = new b.ShiftScale({
      shift: tf.variable(tf.zeros([1, 2])),
      logScale: tf.variable(tf.zeros([1, 2])),
    });
    for (const bijector of [new b.Identity(), new b.Exp(), new b.Shift(0), learnable, new b.Permute([0, 1])]) {
      for (const tensor of [...bijector.forwardAndLogDet(x), ...bijector.inverseAndLogDet(x)]) tensor.dispose();
      expect([x, ...bijector.variables()].some((tensor) => tensor.isDisposed)).toBe(false);
    }
  });
});
