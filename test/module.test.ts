import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { Module } from '../src/module.ts';

class Leaf extends Module {
  readonly weight = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
  readonly count = tf.tidy(() => tf.variable(tf.scalar(3), false));
}
class Tree extends Module {
  readonly leaves = [new Leaf(), new Leaf()];
  readonly shared = this.leaves[0];
  readonly bias = tf.tidy(() => tf.variable(tf.scalar(-1)));
  readonly note = 'not a variable';
}

test('variables are found by path, shared ones once, non-trainable ones apart', () => {
  const tree = new Tree();
  expect([...tree.namedVariables().keys()]).toEqual([
    'leaves.0.weight',
    'leaves.0.count',
    'leaves.1.weight',
    'leaves.1.count',
    'bias',
  ]);
  expect(tree.trainableVariables()).toHaveLength(3);
  expect(tree.parameterCount()).toBe(5);
});

test('a state dict goes from one module to another, and is a copy', () => {
  const source = new Tree();
  source.bias.assign(tf.scalar(42));
  const state = source.stateDict();
  source.bias.assign(tf.scalar(0));
  const target = new Tree();
  target.loadStateDict(state);
  expect(target.bias.dataSync()[0]).toBe(42);
  expect([...target.leaves[1]!.weight.dataSync()]).toEqual([1, 2]);
});

test('a state dict goes through JSON to the bit, in 5⅓ characters a number', () => {
  const source = new Tree();
  source.leaves[0]!.weight.assign(tf.tensor1d([Infinity, -0]));
  source.leaves[1]!.weight.assign(tf.tensor1d([-Infinity, 2 ** -149]));
  source.bias.assign(tf.scalar(0.1));
  const text = JSON.stringify(source.stateDict());
  const target = new Tree();
  target.loadStateDict(JSON.parse(text));
  for (const [path, variable] of source.namedVariables()) {
    expect([...target.namedVariables().get(path)!.dataSync()]).toEqual([...variable.dataSync()]);
  }
  expect(Object.is(target.leaves[0]!.weight.dataSync()[1], -0)).toBe(true);
  class Wide extends Module {
    readonly weight = tf.tidy(() => tf.variable(tf.ones([30, 100])));
  }
  expect(JSON.stringify(new Wide().stateDict()).length).toBeLessThan(3000 * 5.34 + 100);
});

test('integers and bools keep their types', () => {
  class Typed extends Module {
    readonly weight = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
    readonly count = tf.tidy(() => tf.variable(tf.tensor1d([-7, 2 ** 24], 'int32'), false));
    readonly flags = tf.tidy(() => tf.variable(tf.tensor2d([[true, false]]), false));
  }
  const [source, target] = [new Typed(), new Typed()];
  target.count.assign(tf.tensor1d([0, 0], 'int32'));
  target.flags.assign(tf.tensor2d([[false, true]]));
  target.loadStateDict(JSON.parse(JSON.stringify(source.stateDict())));
  for (const [path, variable] of target.namedVariables()) {
    expect(variable.dataSync(), path).toEqual(source.namedVariables().get(path)!.dataSync());
  }
});

test('a state that JSON spoilt says where, and changes nothing', () => {
  const tree = new Tree();
  const state = JSON.parse(JSON.stringify(tree.stateDict()));
  tree.bias.assign(tf.scalar(7));
  const load = (bias: unknown) => () => tree.loadStateDict({ ...state, bias });
  expect(load({ shape: [], float32: '?' })).toThrow("'bias': float32 is no base64");
  expect(load({ shape: [], float32: 'AAA=' })).toThrow("'bias': float32 holds 2 bytes, expected a multiple of 4");
  expect(load({ shape: [], float32: '' })).toThrow("'bias' has shape [] with 0 values, expected []");
  expect(load({ shape: [], values: [Number.NaN] })).toThrow("'bias': value 0 is NaN, expected a number");
  for (const other of [null, 7, {}, { shape: [], values: { 0: 1 } }, { float32: 'AAAA' }])
    expect(load(other)).toThrow("'bias' is no { shape, values } or its JSON");
  expect(tree.bias.dataSync()[0]).toBe(7);
});

test('a state that does not fit changes nothing and says what is wrong', () => {
  const tree = new Tree();
  const state = tree.stateDict();
  const { bias, ...without } = state;
  expect(() => tree.loadStateDict(without)).toThrow("the state has no 'bias'");
  expect(() => tree.loadStateDict({ ...state, extra: bias! })).toThrow("Tree has no variable 'extra'");
  const wrong = {
    ...state,
    bias: { shape: [2], values: new Float32Array(2) },
    'leaves.0.weight': state['leaves.1.weight']!,
  };
  tree.leaves[0]!.weight.assign(tf.tensor1d([9, 9]));
  expect(() => tree.loadStateDict(wrong)).toThrow("'bias' has shape [2] with 2 values, expected []");
  expect([...tree.leaves[0]!.weight.dataSync()]).toEqual([9, 9]);
});

test('a state makes the optional parts that it has and takes away those that it lacks; one that does not fit changes nothing', () => {
  class Growing extends Module {
    readonly bias = tf.tidy(() => tf.variable(tf.scalar(-1)));
    readonly leaf: Leaf | undefined = undefined;
    protected override optionalParts() {
      return { leaf: () => new Leaf() };
    }
  }
  class Holder extends Module {
    readonly inner = [new Growing()];
  }
  const [bare, grown] = [new Holder(), new Holder()];
  Object.assign(grown.inner[0]!, { leaf: new Leaf() });
  grown.inner[0]!.leaf!.weight.assign(tf.tensor1d([5, 6]));
  const [small, large] = [new Holder().stateDict(), grown.stateDict()];
  expect(Object.keys(large)).toEqual(['inner.0.bias', 'inner.0.leaf.weight', 'inner.0.leaf.count']);
  const before = tf.memory().numTensors;
  expect(() => bare.loadStateDict({ ...large, extra: large['inner.0.bias']! })).toThrow("no variable 'extra'");
  const { 'inner.0.leaf.count': _, ...part } = large;
  expect(() => bare.loadStateDict(part)).toThrow("the state has no 'inner.0.leaf.count'");
  expect([bare.inner[0]!.leaf, tf.memory().numTensors]).toEqual([undefined, before]);
  bare.loadStateDict(JSON.parse(JSON.stringify(large)));
  expect(bare.stateDict()).toEqual(large);
  bare.loadStateDict(small);
  expect(bare.stateDict()).toEqual(small);
  expect(tf.memory().numTensors).toBe(before);
  // As a module always had: one of its own variables that the state lacks is no optional part.
  expect(() => grown.loadStateDict({})).toThrow("the state has no 'inner.0.bias'");
  expect(grown.inner[0]!.leaf!.weight.dataSync()[0]).toBe(5);
});

test('dispose frees every variable', () => {
  const before = tf.memory().numTensors;
  const tree = new Tree();
  tree.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
