import { describe, expect, test } from 'vitest';
import {
  type Agent,
  type AgentState,
  Fql,
  Iql,
  NfRlbc,
  stateFromJson,
  stateToJson,
  Td3Bc,
  type TrainReport,
} from '../../../agents/index.ts';
import type { Episode, EpisodeSource } from '../../../datasets/index.ts';
import { Box, type Discrete, SyncVectorEnv } from '../../../envs/index.ts';
import { makePolicy, type Policy, Rng } from '../../../src/index.ts';
import { box, discrete, wideBox } from '../support.ts';
import { DriftEnv, datasetOf, observationSpace, randomEpisodes } from './support.ts';

const policyOf = (actionSpace: Box | Discrete = box, options: object = { squash: 'tanh' }) =>
  makePolicy(actionSpace instanceof Box ? 'gaussian' : 'categorical', {
    ...{ observationSpace, actionSpace, hidden: [3], rng: new Rng('policy') },
    ...(actionSpace instanceof Box && options),
  } as never) as Policy;

/** A policy without a density for the same task, where there is one. */
const implicitFor = (policy: Policy): Policy =>
  policy.discreteActions === undefined
    ? makePolicy('implicit', { observationSpace, actionSpace: box, hidden: [3], rng: new Rng('policy') })
    : policy;

const common = {
  rng: new Rng('agent'),
  batchSize: 8,
  criticHidden: [3],
  reportEvery: 5,
  learningStarts: 2,
};
const envs = (count = 2) =>
  new SyncVectorEnv(
    Array(count).fill(() => new DriftEnv()),
    { autoresetMode: 'sameStep' },
  );

type Options = { policy: Policy; dataset: EpisodeSource; [option: string]: unknown };
const agents: Record<string, (options: Options) => Agent> = {
  Td3Bc: (options) => new Td3Bc({ ...common, ...options }),
  Fql: (options) => new Fql({ ...common, behaviorHidden: [3], ...options, policy: implicitFor(options.policy) }),
  Iql: (options) => new Iql({ ...common, ...options }),
  NfRlbc: (options) => new NfRlbc({ ...common, ...options }),
};

async function finish(agent: Agent, steps: number) {
  const reports: TrainReport[] = [];
  const states: AgentState[] = [];
  for await (const report of agent.train({ steps, rng: new Rng(0) })) {
    reports.push(report);
    states.push(agent.state());
  }
  return { reports, states, end: stateToJson(agent.state()) };
}

describe.each(Object.entries(agents))('%s', (name, make) => {
  const whole = (onlineSteps: number, more = {}) =>
    make({
      policy: policyOf(),
      dataset: datasetOf(),
      env: envs(),
      onlineSteps,
      normalizeObservations: true,
      explorationNoise: 0.1,
      bufferSize: 7,
      ...more,
    });

  test('cut at any report, offline or online, another agent ends with the same bytes', async () => {
    const { reports, states, end } = await finish(whole(11), 24);
    expect(reports.map(({ step, updates }) => [step, updates])).toEqual([
      [5, 5],
      [10, 10],
      // From 13 on there are two steps at a time, and updates after two.
      [15, 13],
      [21, 19],
      [25, 23],
    ]);
    expect(reports.slice(0, 2).flatMap(({ episodes }) => episodes)).toEqual([]);
    // New at the first cut, and trained to the end before each other one.
    const agent = whole(11);
    for (const [i, state] of states.entries()) {
      agent.setState(stateFromJson(stateToJson(state)) as AgentState);
      const rest = await finish(agent, 24);
      expect(rest.reports).toEqual(reports.slice(i + 1));
      expect(rest.end).toBe(end);
    }
    agent.dispose();
  });

  test('what has learned from data goes on online, as if it had been told so at first', async () => {
    const { end } = await finish(whole(6), 16);
    const { states } = await finish(whole(0, { env: undefined }), 10);
    const agent = whole(6);
    agent.setState(states.at(-1)!);
    expect((await finish(agent, 16)).end).toBe(end);
  });

  test('a state of other data is refused, and nothing is changed', async () => {
    const { states } = await finish(whole(0), 5);
    const agent = whole(0, { dataset: datasetOf(randomEpisodes([5, 3, 6, 4], 'others')) });
    const before = stateToJson(agent.state());
    expect(() => agent.setState(states[0]!)).toThrow(
      `${name}.setState: the part 'replay' does not fit this agent: its data are others, expected the same dataset`,
    );
    expect(stateToJson(agent.state())).toBe(before);
  });

  test('what does not fit is refused in one line', async () => {
    const [policy, dataset] = [policyOf(), datasetOf()];
    const source = (changes: object) => ({
      ...dataset,
      numEpisodes: 4,
      episodes: () => dataset.episodes(),
      ...changes,
    });
    const changed = (change: (episode: Episode) => object) =>
      source({ episodes: () => randomEpisodes().map((each, i) => (i === 1 ? { ...each, ...change(each) } : each)) });
    const cases: [object, string | RegExp][] = [
      [{ dataset: [] }, `${name}: dataset: got [], expected episodes: a dataset, or { observationSpace`],
      [{ dataset: source({ numSteps: 0 }) }, `${name}: dataset: got no step, expected episodes to learn from`],
      [
        { dataset: source({ numSteps: 19 }) },
        `${name}: dataset: got 18 steps in its episodes, expected 19, as it says`,
      ],
      [
        { dataset: source({ actionSpace: discrete }) },
        `${name}: dataset: wanted 2 observations and a Box of 2 actions, as the policy has, got 2 and Discrete(3`,
      ],
      [
        { dataset: source({ observationSpace: new Box({ low: 0, high: 1, shape: [3] }) }) },
        `${name}: dataset: wanted 2 observations and a Box of 2 actions, as the policy has, got 3 and a Box of 2`,
      ],
      [
        { dataset: changed(({ rewards }) => ({ rewards: rewards.map((r, t) => (t === 1 ? Number.NaN : r)) })) },
        `${name}: dataset: episode 1: rewards: row 1 has NaN, expected finite numbers`,
      ],
      [
        { dataset: changed(({ observations }) => ({ observations: observations.slice(1) })) },
        `${name}: dataset: episode 1: observations: got 7 numbers, expected 4 × 2`,
      ],
      [{ env: new DriftEnv(wideBox) }, /: env: got actions in Box\(.*, expected Box\(.*, as the data have$/],
      [{ onlineSteps: -1 }, `${name}: onlineSteps: got -1`],
    ];
    for (const [options, message] of cases) {
      expect(() => make({ policy, dataset, ...options })).toThrow(message);
      expect(() => make({ policy, dataset, ...options })).not.toThrow('\n');
    }
    const discretePolicy = policyOf(discrete);
    expect(() => make({ policy: discretePolicy, dataset })).toThrow(
      /dataset: wanted 2 observations and 1 discrete actions|whose mode|not reparameterized|expected an ImplicitPolicy/,
    );
    await expect(finish(make({ policy, dataset, onlineSteps: 3 }), 5)).rejects.toThrow(
      `${name}: onlineSteps: got 3 without an env, expected one to make them in`,
    );
    await expect(finish(make({ policy, dataset, env: envs(), onlineSteps: 7 }), 5)).rejects.toThrow(
      `${name}: onlineSteps: got 7, expected at most the 5 of the training`,
    );
  });
});
