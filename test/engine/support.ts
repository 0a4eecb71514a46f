import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { selectEngine } from '../../src/engine/runtime/engine.ts';
import { Module } from '../../src/module.ts';
import { Rng } from '../../src/random.ts';

/** Two dense layers with a tanh between. */
export class Net extends Module {
  readonly kernel1: tf.Variable;
  readonly bias1: tf.Variable;
  readonly kernel2: tf.Variable;
  readonly bias2: tf.Variable;

  constructor(sizes: readonly [number, number, number], seed: string | number) {
    super();
    const rng = new Rng(seed);
    const [inputs, hidden, outputs] = sizes;
    const make = (shape: number[]): tf.Variable => tf.tidy(() => tf.variable(rng.normalTensor(shape)));
    this.kernel1 = make([inputs, hidden]);
    this.bias1 = make([hidden]);
    this.kernel2 = make([hidden, outputs]);
    this.bias2 = make([outputs]);
  }

  apply(x: tf.Tensor): tf.Tensor {
    const hidden = tf.tanh(tf.add(tf.matMul(x, this.kernel1), this.bias1));
    return tf.add(tf.matMul(hidden, this.kernel2), this.bias2);
  }
}

/** One number that a function may change. */
export class Counter extends Module {
  readonly count: tf.Variable;

  constructor(dtype: 'float32' | 'int32' = 'float32') {
    super();
    this.count = tf.tidy(() => tf.variable(tf.scalar(0, dtype), false));
  }
}

export function numbers(tensor: tf.Tensor): number[] {
  return Array.from(tensor.dataSync());
}

/** Equal to `relative` of the largest element. */
export function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, relative = 1e-5): void {
  expect(got.length).toBe(wanted.length);
  const scale = Array.from(wanted).reduce((most, x) => Math.max(most, Math.abs(x)), 1e-30);
  for (let i = 0; i < wanted.length; i++) {
    expect(Math.abs(got[i]! - wanted[i]!) / scale, `[${i}]: ${got[i]}, wanted ${wanted[i]}`).toBeLessThan(relative);
  }
}

/** A test that must pass with compiled functions traced and run as graphs, and eagerly. */
export function onAllEngines(name: string, body: () => void | Promise<void>): void {
  test.each(['wasm', 'native', 'eager'])(`${name} (%s)`, async (engine) => {
    expect((await selectEngine(engine)).name).toBe(engine);
    try {
      await body();
    } finally {
      await selectEngine();
    }
  });
}
