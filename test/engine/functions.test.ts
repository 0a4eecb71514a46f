import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { Rng } from '../../src/random.ts';

/** Numbers of every binade and sign, many where functions bend, zeros, subnormal and infinite ones, and NaN. */
function sweep(): Float32Array {
  const rng = new Rng('sweep');
  const numbers: number[] = [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
  for (let exponent = -149; exponent < 128; exponent++) {
    for (let i = 0; i < 4; i++) numbers.push((1 + rng.uniform()) * 2 ** exponent, -(1 + rng.uniform()) * 2 ** exponent);
  }
  for (let i = 0; i < 4000; i++) numbers.push(rng.uniform() * 40 - 20, rng.uniform() * 240 - 120);
  return Float32Array.from(numbers);
}

/** The error of `got` in units of the last place of `wanted`. */
function ulps(got: number, wanted: number): number {
  const rounded = Math.fround(wanted);
  if (Object.is(got, rounded) || got === rounded || (Number.isNaN(got) && Number.isNaN(rounded))) return 0;
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(wanted))));
  const error = Math.abs(got - wanted) / 2 ** (exponent - 23);
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

const expit = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
const { SELU_SCALE, SELU_SCALEALPHA } = tf.backend_util;

const FUNCTIONS: Record<
  string,
  { fn: (x: tf.Tensor) => tf.Tensor; value: (x: number) => number; slope: (x: number) => number }
> = {
  sigmoid: { fn: tf.sigmoid, value: expit, slope: (x) => expit(x) * expit(-x) },
  softplus: { fn: tf.softplus, value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), slope: expit },
  elu: { fn: tf.elu, value: (x) => (x > 0 ? x : Math.expm1(x)), slope: (x) => (x > 0 ? 1 : Math.exp(x)) },
  selu: {
    fn: tf.selu,
    value: (x) => (x > 0 ? SELU_SCALE * x : SELU_SCALEALPHA * Math.expm1(x)),
    slope: (x) => (x > 0 ? SELU_SCALE : SELU_SCALEALPHA * Math.exp(x)),
  },
  log1p: { fn: tf.log1p, value: Math.log1p, slope: (x) => 1 / (1 + x) },
  expm1: { fn: tf.expm1, value: Math.expm1, slope: Math.exp },
};

describe.each(Object.entries(FUNCTIONS))('compiled %s', (name, { fn, value, slope }) => {
  test('is right to a few units of the last place everywhere, in value and gradient', () => {
    const xs = sweep();
    const run = compile(({ x }: { x: tf.Tensor }) => ({ value: fn(x), slope: tf.grad((at) => tf.sum(fn(at)))(x) }), {
      name,
      state: [],
    });
    const got = run({ x: tf.tensor1d(xs) });
    const [values, slopes] = [got.value!.dataSync(), got.slope!.dataSync()];
    const worst: { ulps: number; at: string } = { ulps: 0, at: '' };
    xs.forEach((x, i) => {
      for (const [what, y, wanted] of [
        ['value', values[i]!, value(x)],
        ['slope', slopes[i]!, slope(x)],
      ] as const) {
        const error = ulps(y, wanted);
        if (error > worst.ulps) Object.assign(worst, { ulps: error, at: `${what} at ${x}: ${y}, wanted ${wanted}` });
      }
    });
    expect(worst.ulps, worst.at).toBeLessThan(6);
    run.dispose();
  });
});
