import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Box, Discrete } from '../../envs/index.ts';
import { type CategoricalPolicy, makePolicy, policyFromJson, policyToJson, Rng } from '../../src/index.ts';
import { perturb } from '../support/perturb.ts';

const task = {
  observationSpace: new Box({ low: -1, high: 1, shape: [2] }),
  actionSpace: new Discrete(4, 3),
  rng: new Rng(0),
};
const make = () =>
  perturb(makePolicy('categorical', { ...task, hidden: [5] }) as CategoricalPolicy, new Rng('weights'));
const observations = tf.tensor2d([
  [0.5, -1],
  [-0.2, 0.8],
  [1, 1],
]);

describe('CategoricalPolicy', () => {
  test('latents are indices, actions begin at the start of the space; log-probabilities are those of the logits', () => {
    const policy = make();
    const distribution = policy.given(observations);
    const { action, latent, logProb } = distribution.sampleWithLogProb(new Rng(1));
    expect([action.shape, latent.shape, logProb.shape]).toEqual([[3, 1], [3, 1], [3]]);
    expect([...action.dataSync()]).toEqual([...latent.dataSync()].map((k) => k + 3));
    expect([...distribution.unsquash(action).dataSync()]).toEqual([...latent.dataSync()]);
    const logits = policy.logits(observations).arraySync() as number[][];
    [...latent.dataSync()].forEach((k, row) => {
      const total = logits[row]!.reduce((sum, logit) => sum + Math.exp(logit), 0);
      expect(logProb.dataSync()[row]).toBeCloseTo(logits[row]![k]! - Math.log(total), 5);
    });
  });

  test('the greedy action is the most probable one', () => {
    const policy = make();
    const best = (policy.logits(observations).arraySync() as number[][]).map(
      (row) => row.indexOf(Math.max(...row)) + 3,
    );
    expect([...policy.greedy(observations).action.dataSync()]).toEqual(best);
    const actor = policy.actor({ rng: new Rng(0), batch: 3, greedy: true });
    expect([...actor.act(observations.dataSync()).action]).toEqual(best);
  });

  test('is saved with its discrete space, and exported', () => {
    const policy = make();
    const { policy: loaded } = policyFromJson(policyToJson(policy));
    expect(loaded.config).toEqual(policy.config);
    expect(loaded.config!.actionSpace).toEqual({ n: 4, start: 3 });
    expect(loaded.stateDict()).toEqual(policy.stateDict());
    expect(policy.toOnnx().inputs.map(({ name }) => name)).toEqual(['observations', 'noise0']);
  });

  test('takes discrete actions only, and no squash', () => {
    const box = new Box({ low: -1, high: 1, shape: [1] });
    expect(() => makePolicy('categorical', { ...task, actionSpace: box })).toThrow(
      `makePolicy('categorical'): actionSpace: got a Box, expected a discrete space { n, start }`,
    );
    expect(() => makePolicy('categorical', { ...task, squash: 'tanh' as never })).toThrow(/squash: got "tanh"/);
  });
});
