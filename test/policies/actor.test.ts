import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import { selectEngine } from '../../src/engine/index.ts';
import { makePolicy, type PolicyName } from '../../src/policies/index.ts';
import { Rng } from '../../src/random.ts';
import { expectClose } from '../engine/support.ts';

const spaces = {
  observationSpace: { low: [-1, -1, -8], high: [1, 1, 8], shape: [3] },
  actionSpace: { low: [-2, -1], high: [2, 1], shape: [2] },
};
const NAMES: PolicyName[] = ['gaussian', 'mixture', 'spline'];
const batch = 3;
const observations = new Rng('observations').fillNormal(new Float32Array(3 * batch));

afterAll(() => selectEngine());

describe.each(['eager', 'native', 'wasm'])('%s', (engine) => {
  test.each(NAMES)('%s acts as the policy does, sampled and greedy, with the variables as they are', async (name) => {
    await selectEngine(engine);
    const policy = makePolicy(name, { ...spaces, rng: new Rng(name), hidden: [8], squash: 'tanh' });
    const streams = (): Rng => new Rng('noise');
    const actors = {
      sampled: policy.actor({ batch, rng: streams() }),
      greedy: policy.actor({ batch, greedy: true, candidates: 8 }),
    };
    const own = streams();
    for (let round = 0; round < 3; round++) {
      for (const variable of policy.variables()) {
        tf.tidy(() => variable.assign(tf.add(variable, tf.fill(variable.shape, 0.05))));
      }
      for (const kind of ['sampled', 'greedy'] as const) {
        const got = actors[kind].act(observations);
        const wanted = tf.tidy(() => {
          const input = tf.tensor2d(observations, [batch, 3]);
          const acted = kind === 'sampled' ? policy.given(input).sampleWithLogProb(own) : policy.greedy(input, 8);
          return {
            action: acted.action.dataSync(),
            latent: acted.latent.dataSync(),
            logProb: acted.logProb!.dataSync(),
          };
        });
        expect(got.action).toHaveLength(2 * batch);
        expect(got.logProb).toHaveLength(batch);
        for (const part of ['action', 'latent', 'logProb'] as const) expectClose(got[part]!, wanted[part], 1e-4);
      }
    }
    for (const actor of Object.values(actors)) actor.dispose();
    policy.dispose();
  });

  test('one observation at a time; nothing is left behind', async () => {
    await selectEngine(engine);
    const { numTensors } = tf.memory();
    const policy = makePolicy('gaussian', { ...spaces, rng: new Rng(0), hidden: [8] });
    const actor = policy.actor({ rng: new Rng(1) });
    const first = Array.from(actor.act([0.1, 0.2, 0.3]).action);
    expect(first).toHaveLength(2);
    expect(Array.from(actor.act([0.1, 0.2, 0.3]).action)).not.toEqual(first);
    expect(() => actor.act(observations)).toThrow(
      `compile('actor'): the input 'observations': got 9 numbers, expected an array of 3, the elements of [1, 3]`,
    );
    actor.dispose();
    expect(() => actor.act([0.1, 0.2, 0.3])).toThrow("compile('actor'): called after dispose");
    policy.dispose();
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

test('sampled actions need a stream, greedy ones none', () => {
  const policy = makePolicy('spline', { ...spaces, rng: new Rng(0), hidden: [8] });
  expect(() => policy.actor({})).toThrow(new Error('Actor: rng: got undefined, expected an Rng, or greedy: true'));
  expect(policy.actor({ greedy: true }).act([0, 0, 0]).action).toHaveLength(2);
});
