import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { Adam } from '../../src/engine/optimizers.ts';
import { selectEngine } from '../../src/engine/runtime/engine.ts';
import { valueAndGradients } from '../../src/engine/valueAndGradients.ts';
import { Rng } from '../../src/random.ts';
import { Net, numbers } from './support.ts';

afterAll(() => selectEngine());

/** Training of a small net on noise. */
function training() {
  const net = new Net([3, 8, 2], 'net');
  const optimizer = new Adam(net.variables());
  const step = compile(
    ({ x }: { x: tf.Tensor }, rng) => {
      const { loss, gradients } = valueAndGradients(
        () => ({ loss: tf.mean(tf.squaredDifference(net.apply(x), rng.normalTensor([4, 2]))) }),
        net.variables(),
      );
      optimizer.update(gradients, 0.01);
      return { loss };
    },
    { name: 'training', state: [net, optimizer] },
  );
  return { net, step, x: new Rng('x').normalTensor([4, 3]) };
}

describe.each(['native', 'native-fma', 'wasm'])('on %s', (engine) => {
  test('every kernel with what it moves: each tensor once, a broadcast one as it lies in memory', async () => {
    await selectEngine(engine);
    const fn = compile(
      (i: Record<'a' | 'b' | 'bias', tf.Tensor>) => {
        const product = tf.matMul(i.a, i.b);
        const y = tf.tanh(tf.add(product, i.bias));
        return { y, part: tf.sum(tf.slice(y, [0, 0], [8, 6])), wide: tf.cumsum(tf.broadcastTo(i.bias, [8, 16])) };
      },
      { name: 'fn', state: [] },
    );
    const profile = fn.profile({ a: tf.ones([8, 4]), b: tf.ones([4, 16]), bias: tf.ones([16]) });
    expect(profile).toMatchObject({ name: 'fn', engine });
    const moved = profile.kernels.map(({ label, bytesRead, bytesWritten }) => [
      label.split(' ')[0],
      bytesRead,
      bytesWritten,
    ]);
    expect(moved).toEqual([
      ['MatMul', 4 * (8 * 4 + 4 * 16), 4 * 8 * 16],
      ['Add', 4 * (8 * 16 + 16), 4 * 8 * 16],
      ['ReduceSum', 4 * 8 * 6, 4],
      ['CumSum', 4 * 16, 4 * 8 * 16],
    ]);
    for (const { microseconds } of profile.kernels) expect(microseconds).toBeGreaterThan(0);
    expect(String(profile).split('\n')[0]).toMatch(new RegExp(`^fn on ${engine}: 4 kernels, [\\d.]+ µs$`));
    expect(profile.microseconds).toBeCloseTo(
      profile.kernels.reduce((sum, { microseconds }) => sum + microseconds, 0),
      6,
    );
  });

  test('nothing changes by it', async () => {
    await selectEngine(engine);
    const [watched, alone] = [training(), training()];
    const [left, right] = [new Rng('noise'), new Rng('noise')];
    watched.step.profile({ x: watched.x }, left);
    for (let i = 0; i < 4; i++) {
      const [{ loss }, other] = [watched.step({ x: watched.x }, left), alone.step({ x: alone.x }, right)];
      expect(numbers(loss)).toEqual(numbers(other.loss));
      const { numTensors } = tf.memory();
      const before = numbers(watched.net.kernel1);
      watched.step.profile({ x: watched.x }, left);
      expect(numbers(watched.net.kernel1)).toEqual(before);
      expect(tf.memory().numTensors).toBe(numTensors);
    }
    expect(left.uniform()).toBe(right.uniform());
  });
});

test('errors as in a call; on no engine', async () => {
  await selectEngine('wasm');
  const { step, x } = training();
  const nothing = compile(() => ({}), { name: 'nothing', state: [] });
  const refused: [() => unknown, RegExp][] = [
    [() => step.profile({ x }), /^compile\('training'\): the function draws random numbers/],
    [() => step.profile({ x: [1] as unknown as tf.Tensor }), /the input 'x': got an array/],
    [() => nothing.profile({}), /^compile\('nothing'\)\.profile: it computes nothing/],
  ];
  for (const [call, message] of refused) expect(call).toThrow(message);
  await selectEngine('eager');
  expect(() => step.profile({ x }, new Rng(0))).toThrow(/^compile\('training'\)\.profile: it runs eagerly/);
});
