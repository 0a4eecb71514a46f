import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/engine/compile.ts';
import {
  Chain,
  type Distribution,
  Flow,
  Independent,
  MixtureSameFamily,
  MultivariateNormalDiag,
  Normal,
  Rng,
  ShiftScale,
  StandardNormal,
  TransformedDistribution,
  TruncatedNormal,
  Wrapped,
} from '../../../src/index.ts';
import { Module } from '../../../src/module.ts';
import { Counter, expectClose, numbers, onAllEngines } from '../support.ts';

class Scale extends Module {
  factor: tf.Variable;

  constructor(factor: number) {
    super();
    this.factor = tf.tidy(() => tf.variable(tf.scalar(factor)));
  }
}

class Scales extends Module {
  layers: Scale[];
  extra: Scale | null = null;
  /** Nothing to do with variables. */
  calls = 0;

  constructor(factors: readonly number[]) {
    super();
    this.layers = factors.map((factor) => new Scale(factor));
  }

  apply(x: tf.Tensor): tf.Tensor {
    const all = this.extra ? [...this.layers, this.extra] : this.layers;
    return all.reduce((y: tf.Tensor, { factor }) => tf.mul(y, factor), x);
  }
}

function scaling(net: Scales) {
  let traces = 0;
  const fn = compile(
    ({ x }: { x: tf.Tensor }) => {
      traces++;
      for (const { factor } of net.layers) factor.assign(tf.add(factor, 0));
      return { y: net.apply(x) };
    },
    { name: 'scaling', state: [net] },
  );
  return { apply: (x: number) => numbers(fn({ x }).y)[0], traces: () => traces };
}

onAllEngines('a variable that is replaced is seen, its module likewise', () => {
  const net = new Scales([2, 3]);
  const { apply } = scaling(net);
  expect([apply(1), apply(1), apply(1)]).toEqual([6, 6, 6]);
  net.layers[0]!.factor = tf.variable(tf.scalar(5));
  expect([apply(1), apply(1)]).toEqual([15, 15]);
  net.layers[1] = new Scale(7);
  expect([apply(1), apply(1)]).toEqual([35, 35]);
  net.layers = [new Scale(11)];
  expect([apply(1), apply(1)]).toEqual([11, 11]);
});

onAllEngines('a variable that is added or removed is seen', () => {
  const net = new Scales([2]);
  const { apply } = scaling(net);
  expect([apply(1), apply(1)]).toEqual([2, 2]);
  net.layers.push(new Scale(3));
  expect([apply(1), apply(1)]).toEqual([6, 6]);
  net.extra = new Scale(5);
  expect([apply(1), apply(1)]).toEqual([30, 30]);
  net.layers.shift();
  expect([apply(1), apply(1)]).toEqual([15, 15]);
  net.extra = null;
  expect([apply(1), apply(1)]).toEqual([3, 3]);
});

onAllEngines('other properties change without another trace', () => {
  const net = new Scales([2]);
  const { apply, traces } = scaling(net);
  apply(1);
  apply(1);
  const before = traces();
  for (net.calls = 1; net.calls < 4; net.calls++) expect(apply(net.calls)).toBe(2 * net.calls);
  net.extra = new Scale(1);
  expect(apply(1)).toBe(2);
  expect(traces()).toBeGreaterThan(before);
});

onAllEngines('a variable of a type that is none, and a disposed one, are errors', () => {
  const net = new Scales([2]);
  const { apply } = scaling(net);
  net.layers[0]!.factor = tf.variable(tf.tensor1d(['a']), false);
  const { name } = net.layers[0]!.factor;
  expect(() => apply(1)).toThrow(
    `compile('scaling'): the variable '${name}' in the state is string, expected float32, int32 or bool`,
  );
  const counter = new Counter();
  const fn = compile(() => ({ y: tf.add(counter.count, 1) }), { name: 'counting', state: [counter] });
  fn({});
  counter.dispose();
  expect(() => fn({})).toThrow(`compile('counting'): the variable '${counter.count.name}' in the state is disposed`);
});

/** A tensor that is no variable, handed to a module. */
class Shifted extends Module {
  shift: tf.Tensor;
  readonly factor = tf.variable(tf.scalar(2));

  constructor(shift: tf.Tensor) {
    super();
    this.shift = shift;
  }

  apply(x: tf.Tensor): tf.Tensor {
    return tf.add(tf.mul(x, this.factor), this.shift);
  }
}

onAllEngines('a tensor of a module is a constant; another one in its place is seen', () => {
  const net = new Shifted(tf.tensor1d([1, 2, 3]));
  const fn = compile(({ x }: { x: tf.Tensor }) => ({ y: net.apply(x) }), { name: 'shifted', state: [[net]] });
  const apply = (): number[] => numbers(fn({ x: tf.ones([3]) }).y);
  expect([apply(), apply()]).toEqual([
    [3, 4, 5],
    [3, 4, 5],
  ]);
  expect(numbers(net.shift)).toEqual([1, 2, 3]);
  net.shift = tf.scalar(10);
  expect([apply(), apply()]).toEqual([
    [12, 12, 12],
    [12, 12, 12],
  ]);
  net.shift.dispose();
  expect(apply).toThrow("compile('shifted'): a tensor [] in the state is disposed");
});

describe('a distribution, and tensors in the state', () => {
  const vector = (...values: number[]) => tf.tensor1d(values);
  const normal = () => new Normal({ loc: vector(1, 2), logScale: vector(0.5, 0) });
  const made: Record<string, () => Distribution> = {
    Normal: normal,
    Independent: () => new Independent(normal(), 1),
    MixtureSameFamily: () => new MixtureSameFamily({ components: normal() }),
    TruncatedNormal: () => new TruncatedNormal({ loc: vector(0), logScale: vector(0), low: -1, high: 2 }),
    'Wrapped of a mixture': () =>
      new Wrapped(
        new MixtureSameFamily({
          logits: vector(0, 1),
          components: new MultivariateNormalDiag({ loc: tf.tensor2d([[1], [2]]), logScale: tf.tensor2d([[0], [0]]) }),
        }),
      ),
    'TransformedDistribution with a variable': () =>
      new TransformedDistribution({
        base: new StandardNormal(1, []),
        bijector: new Chain([
          new ShiftScale({ shift: vector(1) }),
          new ShiftScale({ logScale: tf.variable(vector(1)) }),
        ]),
      }),
  };
  for (const [name, make] of Object.entries(made)) {
    onAllEngines(name, () => {
      const distribution = make();
      const x = tf.fill([2, ...distribution.batchShape, ...distribution.eventShape], 0.25);
      const density = compile(({ x }: { x: tf.Tensor }) => ({ y: distribution.logProb(x) }), {
        name: 'density',
        state: [distribution],
      });
      for (let call = 0; call < 2; call++) {
        expectClose(numbers(density({ x }).y), numbers(distribution.logProb(x)));
      }
      density.dispose();
    });
  }

  onAllEngines('plain tensors are constants, alone and in arrays; another one in its place is seen', () => {
    const [a, b] = [tf.scalar(2), tf.scalar(3)];
    const held = [b];
    const fn = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.add(tf.mul(x, a), held[0]!) }), {
      name: 'plain',
      state: [a, held],
    });
    const apply = () => numbers(fn({ x: tf.scalar(1) }).y);
    expect([apply(), apply()]).toEqual([[5], [5]]);
    held[0] = tf.scalar(10);
    expect([apply(), apply()]).toEqual([[12], [12]]);
    a.dispose();
    expect(apply).toThrow("compile('plain'): a tensor [] in the state is disposed");
  });
});

test('a flow with a tensor handed to a bijector is fitted', async () => {
  const shift = tf.tensor1d([3]);
  const logScale = tf.variable(tf.tensor1d([1]));
  const flow = new Flow({ dim: 1, bijector: new Chain([new ShiftScale({ shift }), new ShiftScale({ logScale })]) });
  const losses: number[] = [];
  const options = { steps: 20, batchSize: 16, reportEvery: 10, rng: new Rng(1) };
  for await (const { loss } of flow.fit(
    Float32Array.from({ length: 64 }, (_, i) => i / 64),
    options,
  ))
    losses.push(loss);
  expect(losses.every(Number.isFinite)).toBe(true);
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
  expect(numbers(shift)).toEqual([3]);
});
