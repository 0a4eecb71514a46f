import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../../src/engine/compile.ts';
import { selectEngine } from '../../../src/engine/runtime/engine.ts';
import { traceToOnnx } from '../../../src/engine/traceToOnnx.ts';
import { expectClose, numbers } from '../support.ts';

beforeAll(async () => {
  await selectEngine();
});

describe('deep programs', () => {
  const DEPTH = 5000;

  test('5,000 products in a row, and their gradient', () => {
    const fn = ({ x, a }: { x: tf.Tensor; a: tf.Tensor }) => {
      const chain = (start: tf.Tensor): tf.Tensor => {
        let y = start;
        for (let i = 0; i < DEPTH; i++) y = tf.mul(y, a);
        return y;
      };
      return { y: chain(x), gradient: tf.grad(chain)(x) };
    };
    const compiled = compile(fn, { name: 'deep', state: [] });
    const a = Math.fround(1.0001);
    const { y, gradient } = compiled({ x: tf.tensor1d([2, -3]), a });
    const power = a ** DEPTH;
    expectClose(numbers(y), [2 * power, -3 * power], 1e-3);
    expectClose(numbers(gradient), [power, power], 1e-3);
    compiled.dispose();
  });

  test('as a standard model', () => {
    const deep = ({ x }: { x: tf.Tensor }) => {
      let y = x;
      for (let i = 0; i < DEPTH; i++) y = tf.sin(y);
      return { y };
    };
    expect(traceToOnnx(deep, { x: { shape: [2] } }, { name: 'deep', state: [] }).model.length).toBeGreaterThan(DEPTH);
  });
});
