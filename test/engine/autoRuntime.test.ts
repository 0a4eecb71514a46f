import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { compile, Sgd, selectEngine, valueAndGradients } from '../../src/engine/index.ts';
import { Module } from '../../src/module.ts';
import { Cnn, cnnPresets } from '../../src/nn/index.ts';
import { Rng } from '../../src/random.ts';
import { expectClose, Net } from './support.ts';

beforeEach(async () => {
  await selectEngine('auto');
});
afterAll(async () => {
  await selectEngine();
});

/** Trains on batches of alternating sizes. Returns the losses, and the engines that ran. */
function train(batches: readonly number[]): { losses: number[]; engines: (string | undefined)[]; weights: number[] } {
  const net = new Net([8, 32, 1], 1);
  const optimizer = new Sgd(net.variables());
  const step = compile(
    ({ x }: { x: tf.Tensor }) => {
      const { loss, gradients } = valueAndGradients(
        () => ({ loss: tf.mean(tf.square(tf.sub(net.apply(x), tf.sum(x, 1, true)))) }),
        net.variables(),
      );
      optimizer.update(gradients, 0.01);
      return { loss };
    },
    { name: 'alternating', state: [net, optimizer] },
  );
  const rng = new Rng('auto');
  const engines: (string | undefined)[] = [];
  const losses = batches.map((batch) =>
    tf.tidy(() => {
      const loss = step({ x: rng.normalTensor([batch, 8]) }).loss.dataSync()[0]!;
      engines.push(step.cost()?.engine);
      return loss;
    }),
  );
  const weights = net.variables().flatMap((variable) => [...variable.dataSync()]);
  step.dispose();
  return { losses, engines, weights };
}

test('small and large steps run in their engines, on the same variables', async () => {
  // The last batch makes the memory that both share grow.
  const batches = [4, 4096, 4, 4096, 4, 20_000, 4];
  const { losses, engines, weights } = train(batches);
  expect(engines).toEqual(batches.map((batch) => (batch === 4 ? 'wasm' : 'onnxruntime-node and wasm')));
  await selectEngine('eager');
  const eager = train(batches);
  expectClose(losses, eager.losses, 1e-4);
  expectClose(weights, eager.weights, 1e-4);
});

test('small images stay where a product for each of them costs nothing, large ones do not', () => {
  const engineOf = (size: number, batch: number, isStep: boolean) => {
    const { convolutions, features } = cnnPresets.small;
    const network = new Cnn({ image: [size, size, 3], convolutions, features, rng: new Rng('cnn') });
    const optimizer = new Sgd(network.variables());
    const run = compile(
      ({ x }: { x: tf.Tensor }) => {
        const lossOf = () => ({ loss: tf.mean(tf.square(network.apply(x))) });
        if (!isStep) return lossOf();
        const { loss, gradients } = valueAndGradients(lossOf, network.variables());
        optimizer.update(gradients, 0.01);
        return { loss };
      },
      { name: 'images', state: [network, optimizer] },
    );
    run({ x: tf.zeros([batch, size, size, 3]) });
    const { engine } = run.cost()!;
    run.dispose();
    return engine;
  };
  // However many there are: the views of gridworlds.
  for (const batch of [8, 32, 128]) {
    expect([engineOf(7, batch, false), engineOf(7, batch, true)]).toEqual(['wasm', 'wasm']);
  }
  expect([engineOf(10, 128, false), engineOf(10, 128, true)]).toEqual([
    'onnxruntime-node',
    'onnxruntime-node and wasm',
  ]);
});

test('views of the shared memory that has grown are not used', () => {
  class Weights extends Module {
    readonly values = tf.variable(tf.ones([64, 64]));
  }
  const state = new Weights();
  const grow = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.sum(tf.exp(x)) }), { name: 'grow', state: [] });
  const product = compile(
    ({ x }: { x: tf.Tensor }) => {
      const y = tf.matMul(x, state.values);
      state.values.assign(tf.mul(state.values, 2));
      return { y: tf.mean(y) };
    },
    { name: 'product', state: [state] },
  );
  const x = tf.ones([512, 64]);
  expect(product({ x }).y.dataSync()[0]).toBe(64);
  expect(product.cost()!.engine).toBe('onnxruntime-node and wasm');
  grow({ x: tf.zeros([3_000_000]) });
  expect(grow.cost()!.engine).toBe('wasm');
  expect(product({ x }).y.dataSync()[0]).toBe(128);
  expect(product({ x }).y.dataSync()[0]).toBe(256);
  expect(state.values.dataSync()[0]).toBe(8);
});
