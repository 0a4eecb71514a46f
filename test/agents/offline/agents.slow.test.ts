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
} from '../../../agents/index.ts';
import type { Episode } from '../../../datasets/index.ts';
import { Box } from '../../../envs/index.ts';
import { discrete, wideBox } from '../support.ts';
import { common, DriftEnv, datasetOf, envs, finish, implicitPolicy, policyOf, randomEpisodes } from './support.ts';

type Make = (options: object) => Agent;
const parts = () => ({ policy: policyOf(), dataset: datasetOf() });
const agents: [string, Make][] = [
  ['Td3Bc', (options) => new Td3Bc({ ...common, ...parts(), ...options })],
  ['Fql', (options) => new Fql({ ...common, ...parts(), behaviorHidden: [3], ...options, policy: implicitPolicy() })],
  ['Iql', (options) => new Iql({ ...common, ...parts(), ...options })],
  ['NfRlbc', (options) => new NfRlbc({ ...common, ...parts(), ...options })],
];

const noisy = { explorationNoise: 0.1, normalizeObservations: true };
const online = (make: Make, onlineSteps: number, more = {}) =>
  make({ env: envs(), onlineSteps, ...noisy, bufferSize: 7, ...more });
const copied = (state: AgentState) => stateFromJson(stateToJson(state)) as AgentState;

/** Where a training ends that goes on from a state. */
async function endFrom(state: AgentState, agent: Agent, steps: number): Promise<string> {
  agent.setState(copied(state));
  return (await finish(agent, steps)).end;
}

describe.each(agents)('%s', (name, make) => {
  test('cut at any report, offline or online, another agent ends with the same bytes', async () => {
    const { reports, states, end } = await finish(online(make, 11), 24);
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
    const agent = online(make, 11);
    for (const [i, state] of states.entries()) {
      agent.setState(copied(state));
      const rest = await finish(agent, 24);
      expect(rest.reports).toEqual(reports.slice(i + 1));
      expect(rest.end).toBe(end);
    }
    agent.dispose();
  });

  test('a state of other data is refused, and nothing is changed', async () => {
    const { states } = await finish(online(make, 0), 5);
    const agent = online(make, 0, { dataset: datasetOf(randomEpisodes([5, 3, 6, 4], 'others')) });
    const before = stateToJson(agent.state());
    expect(() => agent.setState(states[0]!)).toThrow(`${name}.setState: the part 'replay' does not fit this agent`);
    expect(stateToJson(agent.state())).toBe(before);
  });
});

const [, iql] = agents[2]!;

test.each<[object, RegExp]>([
  [{ dataset: [] }, /^Iql: dataset: got \[\]/],
  [{ dataset: source({ numSteps: 0 }) }, /^Iql: dataset: got no step/],
  [{ dataset: source({ numSteps: 19 }) }, /^Iql: dataset: got 18 steps .* expected 19/],
  [{ dataset: source({ actionSpace: discrete }) }, /^Iql: dataset: .* got 2 and Discrete\(3/],
  [
    { dataset: source({ observationSpace: new Box({ low: 0, high: 1, shape: [3] }) }) },
    /^Iql: dataset: .* got 3 and a Box/,
  ],
  [
    { dataset: changed(({ rewards }) => ({ rewards: rewards.map((r, t) => (t === 1 ? Number.NaN : r)) })) },
    /^Iql: dataset: episode 1: rewards: row 1 has NaN/,
  ],
  [
    { dataset: changed(({ observations }) => ({ observations: observations.slice(1) })) },
    /^Iql: dataset: episode 1: observations: got 7 numbers/,
  ],
  [{ env: new DriftEnv(wideBox) }, /^Iql: env: got actions in Box\(.*, expected Box\(/],
  [{ onlineSteps: -1 }, /^Iql: onlineSteps: got -1/],
  [{ policy: policyOf(discrete) }, /^Iql: dataset: wanted 2 observations and 1 discrete|actions/],
])('what does not fit is refused in one line: %#', (options, message) => {
  expect(() => iql(options)).toThrow(message);
  expect(() => iql(options)).not.toThrow('\n');
});

function source(changes: object) {
  const dataset = datasetOf();
  return { ...dataset, numEpisodes: 4, episodes: () => dataset.episodes(), ...changes };
}

function changed(change: (episode: Episode) => object) {
  return source({ episodes: () => randomEpisodes().map((each, i) => (i === 1 ? { ...each, ...change(each) } : each)) });
}

describe('from data into an environment', () => {
  test('online steps need environments, and no more than there are steps', async () => {
    await expect(finish(iql({ onlineSteps: 3 }), 5)).rejects.toThrow('Iql: onlineSteps: got 3 without an env');
    await expect(finish(iql({ env: envs(), onlineSteps: 7 }), 5)).rejects.toThrow(
      'Iql: onlineSteps: got 7, expected at',
    );
  });

  test('a training begins with the data alone, whatever the one before has made online', async () => {
    /** Its rewards are like none of the data. */
    class GenerousEnv extends DriftEnv {
      override step(action: Float32Array): ReturnType<DriftEnv['step']> {
        const [observation, , ...rest] = super.step(action);
        return [observation, 777, ...rest];
      }
    }
    const agent = iql({ env: envs(2, () => new GenerousEnv()), onlineSteps: 12, gamma: 0.999 });
    const largest = (state: AgentState) => (state.parts.replay as { largestReward: number }).largestReward;
    const { states } = await finish(agent, 20);
    expect(largest(states.at(-1)!)).toBe(777);
    const again = await finish(agent, 20);
    expect(largest(again.states[0]!)).toBeLessThan(10);
  });

  test('an agent that was trained on data goes on in environments, with or without them at first', async () => {
    const agent = online(iql, 6);
    const whole = await finish(agent, 16);
    for (const env of [undefined, envs()]) {
      const { states } = await finish(iql({ ...noisy, env, bufferSize: 7 }), 10);
      expect(await endFrom(states.at(-1)!, online(iql, 6), 16)).toBe(whole.end);
      // More online steps than are left: it begins where it is.
      expect(await endFrom(states.at(-1)!, online(iql, 8), 16)).toBe(whole.end);
      // A state of the offline phase puts an agent back into it.
      expect(await endFrom(states.at(-1)!, agent, 16)).toBe(whole.end);
    }
    // With more steps a training that has gone online stays there, with what it has made.
    expect(await endFrom(whole.states.at(-1)!, online(iql, 6), 22)).toBe((await finish(online(iql, 12), 22)).end);
    const bare = iql({ ...noisy, env: envs() });
    const before = stateToJson(bare.state());
    expect(() => bare.setState(whole.states.at(-1)!)).toThrow(/^Iql.setState: the part 'replay' .* has gone online/);
    expect(stateToJson(bare.state())).toBe(before);
  });

  test('without online steps an env is not used: neither its state nor a buffer', async () => {
    class StatelessEnv extends DriftEnv {
      override state(): never {
        throw new Error('no state');
      }
    }
    const agent = iql({ env: envs(2, () => new StatelessEnv()), bufferSize: 1e15 });
    expect((await finish(agent, 5)).end).toBe((await finish(iql({}), 5)).end);
  });
});
