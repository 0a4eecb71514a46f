import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Box, Discrete, MultiDiscrete } from '../../envs/index.ts';
import { checkPolicy, makePolicy, type Policy, policies, policyFromJson, policyToJson, Rng } from '../../src/index.ts';
import { memoryNames } from '../../src/nn/recurrent.ts';
import { perturb } from '../support/perturb.ts';

const observationSpace = new Box({ low: -1, high: 1, shape: [3] });
const [BATCH, TIME] = [2, 4];

const spaceOf = (actions: string) =>
  actions === 'box'
    ? new Box({ low: -1, high: 1, shape: [2] })
    : actions === 'discrete'
      ? new Discrete(3)
      : new MultiDiscrete([2, 3]);

function policyWith(name: string, memory: (typeof memoryNames)[number], actions = 'box'): Policy {
  const rng = new Rng(`${name} ${memory}`);
  const options = { observationSpace, actionSpace: spaceOf(actions), rng, hidden: [8], memory, memoryUnits: 5 };
  return perturb(makePolicy(name, options) as Policy, rng);
}

const CASES = policies()
  .filter(({ name }) => !name.startsWith('circular'))
  .map(({ name, actions }, i) => ({ name, actions, memory: memoryNames[i % memoryNames.length]! }));

describe.each(CASES)('$name with $memory', ({ name, actions, memory }) => {
  const policy = policyWith(name, memory, actions);
  const rng = new Rng('observations');
  const steps = Array.from({ length: TIME }, () => rng.fillNormal(new Float32Array(BATCH * 3)));
  const observations = tf.tensor2d(
    steps.flatMap((step) => Array.from(step)),
    [TIME * BATCH, 3],
  );

  test('step by step its actor does what the whole sequence says, and carries the same state', () => {
    using actor = policy.actor({ batch: BATCH, greedy: true });
    const greedy = policy.greedy(observations, 32, { state: tf.zeros([BATCH, policy.stateDim]) });
    const whole = greedy.action.dataSync();
    const got = steps.flatMap((step) => Array.from(actor.act(step).action));
    got.forEach((value, k) => expect(value).toBeCloseTo(whole[k]!, 3));
    greedy.state!.dataSync().forEach((value, k) => expect(actor.state[k]).toBeCloseTo(value, 4));
    expect(new Set(actor.state).size).toBeGreaterThan(BATCH);
  });

  test('what it does depends on what it has seen, until it is reset', () => {
    using actor = policy.actor({ batch: 1, greedy: true });
    const [once, again] = [
      [0.5, -0.5, 1],
      [-1, 1, 0.2],
    ];
    actor.act(again);
    const late = actor.act(once) && actor.state.slice();
    actor.reset();
    actor.act(once);
    expect(Array.from(actor.state)).not.toEqual(Array.from(late));
    const first = Array.from(actor.state);
    actor.act(again);
    actor.reset(0);
    actor.act(once);
    expect(Array.from(actor.state)).toEqual(first);
    expect(() => actor.reset(1)).toThrow(/^Actor\.reset: row: got 1, expected an integer from 0 to 0$/);
  });

  test('is the same after a file', () => {
    const copy = policyFromJson(policyToJson(policy)).policy;
    expect(copy.config).toEqual(policy.config);
    const past = { state: tf.ones([BATCH, policy.stateDim]) };
    expect(Array.from(copy.greedy(observations, 4, past).action.dataSync())).toEqual(
      Array.from(policy.greedy(observations, 4, past).action.dataSync()),
    );
    copy.dispose();
  });

  test('without a past each row is the first step of an episode', () => {
    const first = { state: tf.zeros([TIME * BATCH, policy.stateDim]) };
    expect(Array.from(policy.greedy(observations, 4).action.dataSync())).toEqual(
      Array.from(policy.greedy(observations, 4, first).action.dataSync()),
    );
  });

  test('keeps the contract of policies', () => {
    const isOfValues = name === 'q-network' || name === 'quantile-network';
    expect(checkPolicy(policy, { gradients: !isOfValues })).toBeInstanceOf(Array);
  });
});
