import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Partition } from '../../src/bijectors/coupling.ts';
import * as b from '../../src/bijectors/index.ts';
import { Rng } from '../../src/random.ts';
import { perturb } from '../support/perturb.ts';

const rng = new Rng('composition');
const coupling = (options: Partial<ConstructorParameters<typeof b.Coupling>[0]> = {}) =>
  new b.Coupling({ dim: 2, transformed: 'second', family: b.affineFamily, hidden: [4], rng, ...options });

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

  test('says what it cannot compose', () => {
    expect(() => new b.Chain([])).toThrow('Chain: got none, expected at least one bijector');
    expect(() => new b.Chain([new b.Reverse(2), new b.Reverse(3)])).toThrow(
      'Chain: got 2 after 3, expected bijectors whose dims meet',
    );
    expect(() => new b.Chain([new b.Tanh(), coupling({ contextDim: 1 })]).forward(tf.zeros([1, 2]))).toThrow(
      'Coupling.forward: has no context; call given(context) with [batch, 1] first',
    );
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

  test('a context of batch 1 goes with any batch; others have to fit', () => {
    const layer = perturb(coupling({ contextDim: 2 }), rng);
    const x = rng.normalTensor([3, 2]);
    const context = tf.tensor2d([[1, -1]]);
    const repeated = layer.given(tf.tile(context, [3, 1])).forward(x);
    expect(layer.given(context).forward(x).arraySync()).toEqual(repeated.arraySync());
    expect(() => layer.given(tf.zeros([2, 2])).forward(x)).toThrow(
      'Coupling.forward: got [3,2], expected shape [..., 2, 2] for a context of batch 2',
    );
    expect(() => layer.given(tf.zeros([3, 1]))).toThrow(
      'Coupling.given: got float32 of shape [3,1], expected a float32 context of shape [batch, 2]',
    );
  });

  test('the context gets its gradient, summed over leading dimensions', () => {
    const layer = perturb(coupling({ contextDim: 2, family: b.rationalQuadraticSplineFamily() }), rng);
    const x = rng.normalTensor([4, 3, 2]);
    const loss = (context: tf.Tensor, input: tf.Tensor) => tf.sum(layer.given(context).forwardLogDet(input));
    const context = rng.normalTensor([3, 2]);
    const whole = tf.grad((c) => loss(c, x))(context);
    const parts = tf.unstack(x).map((part) => tf.grad((c) => loss(c, part))(context));
    expect(tf.max(tf.abs(tf.sub(whole, tf.addN(parts)))).arraySync()).toBeLessThan(1e-5);
  });

  test('says what it cannot split', () => {
    const message = 'expected entries that pass and entries that are transformed; for a map of all entries';
    expect(() => coupling({ dim: 1 })).toThrow(`got 0 and 1 of 1, ${message}`);
    expect(() => coupling({ transformed: [] })).toThrow(`got 2 and 0 of 2, ${message}`);
    expect(() => coupling({ transformed: [0, 2] })).toThrow(
      'Coupling: got [0,2], expected distinct indices from 0 to 1',
    );
    expect(() => coupling({ transformed: [1, 1] })).toThrow(
      'Coupling: got [1,1], expected distinct indices from 0 to 1',
    );
    expect(() => coupling({ dim: 0 })).toThrow('Coupling: dim: got 0, expected a positive integer');
    expect(() => coupling({ contextDim: -1 })).toThrow(
      'Coupling: contextDim (or 0): got -1, expected a positive integer',
    );
  });

  test('a network sees angles by their cosine and sine', () => {
    const layer = perturb(coupling({ family: b.circularSplineFamily({ bins: 4 }) }), rng);
    const values = layer
      .forward(
        tf.tensor2d([
          [-Math.PI, 1],
          [Math.PI, 1],
          [3 * Math.PI, 1],
        ]),
      )
      .arraySync() as number[][];
    expect(values[1]![1]).toBeCloseTo(values[0]![1]!, 4);
    expect(values[2]![1]).toBeCloseTo(values[0]![1]!, 4);
  });
});

describe('Permute and Partition', () => {
  const flags = fc.array(fc.boolean(), { minLength: 2, maxLength: 9 });

  test('any permutation moves what it says, and back', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 9 }), (seed, dim) => {
        const order = new Rng(seed).permutation(dim);
        const permute = new b.Permute(order);
        const x = tf.tensor2d([Array.from({ length: dim }, (_, i) => i * i)]);
        expect(permute.forward(x).arraySync()).toEqual([Array.from(order, (i) => i * i)]);
        expect(permute.inverse(permute.forward(x)).arraySync()).toEqual(x.arraySync());
      }),
    );
  });

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

  test('says which permutation it wants', () => {
    for (const bad of [[], [1], [0, 0], [0, 2]]) {
      expect(() => new b.Permute(bad)).toThrow(`Permute: got [${bad}], expected a permutation of 0 … dim − 1`);
    }
    expect(() => new b.Reverse(0)).toThrow('Reverse: dim: got 0, expected a positive integer');
  });
});

describe('affine bijectors', () => {
  test('tensors make a batch of maps', () => {
    const [shift, logDiagonal, offDiagonal] = [
      [3, 2],
      [3, 2],
      [3, 1],
    ].map((shape) => rng.normalTensor(shape));
    const x = rng.normalTensor([3, 2]);
    const row = (tensor: tf.Tensor, i: number) => tf.reshape(tf.slice(tensor, [i], [1]), [-1]);
    const batch = [
      new b.TriangularAffine({ shift: shift!, logDiagonal: logDiagonal!, offDiagonal: offDiagonal! }),
      new b.ShiftScale({ shift: shift!, logScale: logDiagonal! }),
      new b.ShiftScale({ shift: shift!, scale: logDiagonal! }),
    ];
    for (let i = 0; i < 3; i++) {
      const [s, l, o] = [row(shift!, i), row(logDiagonal!, i), row(offDiagonal!, i)];
      const single = [
        new b.TriangularAffine({ shift: s, logDiagonal: l, offDiagonal: o }),
        new b.ShiftScale({ shift: s, logScale: l }),
        new b.ShiftScale({ shift: s, scale: l }),
      ];
      batch.forEach((whole, k) => {
        for (const direction of ['forwardAndLogDet', 'inverseAndLogDet'] as const) {
          const together = whole[direction](x).map((tensor) => row(tensor, i).arraySync());
          const apart = single[k]![direction](row(x, i)).map((tensor) => tf.reshape(tensor, [-1]).arraySync());
          expect(together).toEqual(apart);
        }
      });
    }
  });

  test('TriangularAffine in one dimension, and its errors', () => {
    const one = new b.TriangularAffine({ shift: tf.tensor1d([1]), logDiagonal: tf.tensor1d([Math.LN2]) });
    expect(one.forward(tf.tensor2d([[3]])).arraySync()).toEqual([[7]]);
    expect(one.inverseLogDet(tf.tensor2d([[7]])).arraySync()).toEqual([expect.closeTo(-Math.LN2, 6)]);
    const zeros = tf.zeros([2]);
    expect(() => new b.TriangularAffine({ shift: zeros, logDiagonal: zeros })).toThrow('got [2], [2] and none');
    expect(() => b.TriangularAffine.learnable(0)).toThrow('TriangularAffine: dim: got 0, expected a positive integer');
  });

  test('lists and tensors fix the size of the last axis; one number, or one in a tensor, goes with any', () => {
    const x = tf.zeros([2, 3]);
    for (const fits of [1, [1, 2, 3], tf.tensor1d([1, 2, 3]), tf.tensor1d([1]), tf.scalar(1), tf.ones([2, 1])]) {
      expect(new b.Shift(fits).forward(x).shape).toEqual([2, 3]);
    }
    for (const [other, dim] of [
      [[1], 1],
      [[1, 2], 2],
      [tf.ones([2, 2]), 2],
    ] as const) {
      expect(() => new b.Shift(other).forward(x)).toThrow(
        `Shift.forward: got float32 of shape [2,3], expected shape [..., ${dim}]`,
      );
    }
    expect(() => new b.Shift(tf.ones([4, 3])).forward(x)).toThrow(
      `Shift.forward: got float32 of shape [2,3], expected a shape that broadcasts with its parameters' [4,3]`,
    );
    expect(() => new b.ShiftScale({ shift: [1, 2], scale: [1, 2, 3] })).toThrow(
      'ShiftScale: got shapes [2] and [3], expected parameters that broadcast with one another',
    );
    expect(() => new b.Chain([new b.Shift(tf.ones([2, 1])), new b.Scale(tf.ones([3, 1]))])).toThrow(
      'Chain: got shapes [2,1] and [3,1], expected bijectors whose parameters broadcast with one another',
    );
    expect(new b.ShiftScale({}).parameterShape).toEqual([]);
    expect(
      new b.Chain([new b.Shift(tf.ones([2, 1])), new b.Invert(new b.Scale(tf.ones([5, 1, 3])))]).parameterShape,
    ).toEqual([5, 2, 3]);
  });

  test('ShiftScale and PRelu say what they cannot take', () => {
    expect(() => new b.ShiftScale({ scale: 1, logScale: 0 })).toThrow(
      'ShiftScale: got both, expected one of scale and logScale',
    );
    expect(() => new b.Scale([1, 0])).toThrow('Scale: got 0, expected a finite scale other than 0');
    expect(() => new b.Scale(Infinity)).toThrow('Scale: got Infinity, expected a finite scale other than 0');
    expect(() => new b.PRelu({ initialSlope: 0.01 })).toThrow('PRelu: got 0.01, expected an initialSlope above 0.01');
    expect(() => new b.PRelu({ dim: 1.5 })).toThrow('PRelu: dim: got 1.5, expected a positive integer');
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
