import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { compile } from '../../../src/engine/compile.ts';
import { loadNative } from '../../../src/engine/native/load.ts';
import { selectEngine } from '../../../src/engine/runtime/engine.ts';
import { Rng } from '../../../src/random.ts';

/** a · b + c for floats, rounded once: the sum of doubles, rounded to odd, keeps what decides how the float is rounded. */
function fused(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const second = sum - product;
  const error = product - (sum - second) + (c - second);
  const bits = new BigInt64Array(Float64Array.of(sum).buffer);
  if (error !== 0 && bits[0]! % 2n === 0n) bits[0]! += error > 0 === sum > 0 ? 1n : -1n;
  return Math.fround(new Float64Array(bits.buffer)[0]!);
}

test('the reference rounds once', () => {
  const next = 1 + 2 ** -23;
  expect(fused(next, next, -1 - 2 ** -22)).toBe(2 ** -46);
  expect(fused(1, 2 ** -24, 1)).toBe(1);
  expect(fused(next, 2 ** -24, 1)).toBe(next);
  expect(fused(-next, 2 ** -24, -1)).toBe(-next);
});

const native = loadNative();
describe.each(typeof native === 'string' ? [] : native.levels)('native-fma, level %s', (level) => {
  afterEach(() => vi.unstubAllEnvs());
  afterAll(() => selectEngine());

  test.each([
    [1, 1, 1],
    [1, 40, 33],
    [2, 300, 70],
    [7, 13, 17],
    [37, 21, 1],
    [70, 33, 2],
    [16, 5, 4],
    [64, 64, 23],
    [100, 600, 9],
    [9, 600, 100],
  ])('%i × %i · %i: every element as of plain numbers added one by one', async (m, k, n) => {
    vi.stubEnv('OXBOW_NATIVE_LEVEL', level);
    expect((await selectEngine('native-fma')).line).toContain(`engine: native-fma (${level})`);
    const rng = new Rng(`${m} ${k} ${n}`);
    const [x, y] = [rng.normalTensor([m, k]), rng.normalTensor([k, n])];
    const [left, right] = [x.dataSync(), y.dataSync()];
    const expected = Float32Array.from({ length: m * n }, (_, at) => {
      let sum = 0;
      for (let p = 0; p < k; p++) sum = fused(left[Math.floor(at / n) * k + p]!, right[p * n + (at % n)]!, sum);
      return sum;
    });
    for (const [isA, isB] of [
      [false, false],
      [true, false],
      [false, true],
    ]) {
      const product = compile(({ a, b }: { a: tf.Tensor2D; b: tf.Tensor2D }) => ({ c: tf.matMul(a, b, isA, isB) }), {
        name: 'product',
        state: [],
      });
      const { c } = product({ a: isA ? tf.transpose(x) : x, b: isB ? tf.transpose(y) : y });
      expect(c.dataSync()).toEqual(expected);
      product.dispose();
    }
  });
});
