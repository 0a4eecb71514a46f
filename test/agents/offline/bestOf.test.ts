import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { evaluate, Iql, type IqlOptions, stateToJson, train } from '../../../agents/index.ts';
import { BestOfPolicy, makePolicy, policyFromJson, policyToJson, Rng } from '../../../src/index.ts';
import { box } from '../support.ts';
import { DriftEnv, datasetOf, observationSpace } from './support.ts';

const policyOf = (name = 'gaussian') =>
  makePolicy(name, { observationSpace, actionSpace: box, hidden: [3], rng: new Rng('policy') });
const agentOf = (more: Partial<IqlOptions> = {}) =>
  new Iql({
    ...{ policy: policyOf(), dataset: datasetOf(), rng: new Rng('agent'), batchSize: 8, criticHidden: [3], beta: 0 },
    ...{ reportEvery: 5, bestOf: 6 },
    ...more,
  });
const run = async (agent: Iql, steps: number) => {
  for await (const _ of agent.train({ steps, rng: new Rng(0) }));
  return agent;
};

describe('Iql with bestOf', () => {
  test('acts by the best of its samples, and learns what it learns without', async () => {
    const [agent, plain] = [await run(agentOf(), 20), await run(agentOf({ bestOf: undefined }), 20)];
    const acting = agent.actingPolicy as BestOfPolicy;
    expect([acting.samples, plain.actingPolicy]).toEqual([6, undefined]);
    expect(acting.critics).toBe(agent.targetCritics);
    const returns = (policy: BestOfPolicy) =>
      evaluate({ policy, env: () => new DriftEnv(), episodes: 5, seed: 0 }).episodes.map((episode) => episode.return);
    expect(returns(acting)).toEqual(returns(plain.bestOf(6)));
    expect(returns(acting)).not.toEqual(returns(plain.bestOf(1)));
  });

  test('frees what is not in the policy that acts, which goes on acting', async () => {
    const before = tf.memory().numTensors;
    const agent = await run(agentOf(), 5);
    const policy = agent.actingPolicy!;
    agent.dispose();
    expect(policy.act([0, 1])).toHaveLength(2);
    policy.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('is resumed to the byte, online too', async () => {
    const online = { env: new DriftEnv(), onlineSteps: 20, learningStarts: 4 };
    const whole = await run(agentOf(online), 30);
    const stopped = agentOf({ ...online, env: new DriftEnv() });
    for await (const { step } of stopped.train({ steps: 30, rng: new Rng(0) })) if (step >= 20) break;
    const resumed = agentOf({ ...online, env: new DriftEnv() });
    resumed.setState(stopped.state());
    expect(stateToJson((await run(resumed, 30)).state())).toBe(stateToJson(whole.state()));
    expect(() => agentOf({ bestOf: undefined }).setState(agentOf().state())).toThrow(/^Iql.setState: .*'targets'/);
  });

  test.each(['gaussian', 'flow-matching'])('by train gives a policy of %s that acts so', async (policy) => {
    const settings = {
      ...({ env: () => new DriftEnv(), agent: 'iql', policy, dataset: datasetOf(), steps: 10 } as const),
      agentOptions: { batchSize: 8, criticHidden: [3], beta: 0, bestOf: 5 },
      policyOptions: { hidden: [3] },
    };
    const result = await train(settings);
    const loaded = policyFromJson(policyToJson(result.policy)).policy;
    expect(loaded).toBeInstanceOf(BestOfPolicy);
    expect(loaded.act([1, 0], { rng: new Rng(1) })).toEqual(result.policy.act([1, 0], { rng: new Rng(1) }));
    loaded.dispose();
    result.policy.dispose();
    await expect(train({ ...settings, agentOptions: { ...settings.agentOptions, bestOf: 0 } })).rejects.toThrow(
      /^train: agentOptions: bestOf: got 0/,
    );
  });
});
