import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { valueAndGradients } from '../../src/engine/valueAndGradients.ts';
import { Module } from '../../src/module.ts';
import { numbers } from './support.ts';

class Pair extends Module {
  readonly a = tf.variable(tf.tensor1d([2, 3]), true);
  readonly b = tf.variable(tf.scalar(5), true);
}

const pair = new Pair();
const variables = [pair.a, pair.b];

/** The same eager and compiled. */
function both(fn: () => Record<string, tf.Tensor>): Record<string, number[]> {
  const compiled = compile(fn, { name: 'gradients', state: [pair] });
  const [eager, traced] = [tf.tidy(fn), compiled({})].map((result) =>
    Object.fromEntries(Object.entries(result).map(([key, tensor]) => [key, numbers(tensor)])),
  );
  expect(traced).toEqual(eager);
  compiled.dispose();
  return eager!;
}

const flat = ({ gradients, ...rest }: { loss: tf.Tensor; gradients: tf.Tensor[] }): Record<string, tf.Tensor> => ({
  ...rest,
  a: gradients[0]!,
  b: gradients[1]!,
});

describe('gradients by variables', () => {
  test('all used, in the order of the variables; other results survive', () => {
    const results = both(() =>
      flat(
        valueAndGradients(() => {
          const square = tf.square(pair.a);
          return { loss: tf.mul(tf.sum(square), pair.b), square };
        }, variables),
      ),
    );
    expect(results).toEqual({ loss: [65], square: [4, 9], a: [20, 30], b: [13] });
  });

  test('a variable that is not used: an error, or zero', () => {
    const onlyA = () => ({ loss: tf.sum(pair.a) });
    expect(() => valueAndGradients(onlyA, variables)).toThrow(
      `valueAndGradients: the loss does not depend on the variable '${pair.b.name}' []`,
    );
    expect(both(() => flat(valueAndGradients(onlyA, variables, { allowUnused: true })))).toEqual({
      loss: [5],
      a: [1, 1],
      b: [0],
    });
  });

  test('no variable is used: an error, or all zero', () => {
    const none = () => ({ loss: tf.scalar(7) });
    expect(() => valueAndGradients(none, variables)).toThrow(
      `valueAndGradients: the loss does not depend on the variable '${pair.a.name}' [2]`,
    );
    expect(both(() => flat(valueAndGradients(none, variables, { allowUnused: true })))).toEqual({
      loss: [7],
      a: [0, 0],
      b: [0],
    });
  });

  test('a gradient that throws leaves no tensors', () => {
    const broken = tf.customGrad((x, save) => {
      (save as (tensors: tf.Tensor[]) => void)([x as tf.Tensor]);
      return {
        value: tf.square(x as tf.Tensor),
        gradFunc: () => {
          throw new Error('no gradient');
        },
      };
    });
    const step = compile(
      () => {
        const fn = () => ({ loss: tf.sum(broken(pair.a)), other: tf.mul(pair.a, 3) });
        return { loss: valueAndGradients(fn, [pair.a]).loss };
      },
      { name: 'broken', state: [pair] },
    );
    const { numTensors } = tf.memory();
    expect(() => step({})).toThrow('no gradient');
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test('a loss that is no scalar, and no variables, are errors', () => {
    expect(() => valueAndGradients(() => ({ loss: tf.square(pair.a) }), variables)).toThrow(
      'valueAndGradients: got shape [2], expected a scalar loss',
    );
    expect(() => valueAndGradients(() => ({ loss: tf.sum(pair.a) }), [])).toThrow(
      'valueAndGradients: got none, expected at least one variable',
    );
  });
});
