import { expect, test } from 'vitest';
import { type Agent, type AgentState, Iql, stateFromJson, stateToJson } from '../../../agents/index.ts';
import { SyncVectorEnv } from '../../../envs/index.ts';
import { makePolicy, Rng } from '../../../src/index.ts';
import { box } from '../support.ts';
import { DriftEnv, datasetOf, observationSpace } from './support.ts';

/*
 * From data into an environment, and on: what a training keeps, and what it forgets.
 */

const envs = (make = () => new DriftEnv()) => new SyncVectorEnv([make, make], { autoresetMode: 'sameStep' });

function agentOf(options: object = {}): Iql {
  const policy = makePolicy('gaussian', {
    ...{ observationSpace, actionSpace: box, squash: 'tanh', hidden: [3], rng: new Rng('policy') },
  });
  const common = { rng: new Rng('agent'), batchSize: 8, criticHidden: [3], reportEvery: 5, learningStarts: 2 };
  return new Iql({ ...common, policy, dataset: datasetOf(), explorationNoise: 0.1, bufferSize: 99, ...options });
}

const online = (onlineSteps: number, options = {}) => agentOf({ env: envs(), onlineSteps, ...options });

async function trained(agent: Agent, steps: number): Promise<AgentState> {
  for await (const _ of agent.train({ steps, rng: new Rng(0) }));
  return stateFromJson(stateToJson(agent.state())) as AgentState;
}

/** Where a training ends that goes on from a state. */
async function endFrom(state: AgentState, agent: Agent, steps: number): Promise<string> {
  agent.setState(state);
  return stateToJson(await trained(agent, steps));
}

test('a training begins with the data alone, whatever the one before has made online', async () => {
  /** Its rewards are like none of the data. */
  class GenerousEnv extends DriftEnv {
    override step(action: Float32Array): ReturnType<DriftEnv['step']> {
      const [observation, , ...rest] = super.step(action);
      return [observation, 777, ...rest];
    }
  }
  const agent = agentOf({ env: envs(() => new GenerousEnv()), onlineSteps: 12, gamma: 0.999 });
  const largest = (state: AgentState) => (state.parts.replay as { largestReward: number }).largestReward;
  expect(largest(await trained(agent, 20))).toBe(777);
  for await (const { step } of agent.train({ steps: 20, rng: new Rng(0) })) {
    expect(step).toBe(5);
    expect(largest(agent.state())).toBeLessThan(10);
    break;
  }
});

test('an agent that was trained on data without environments goes on in them', async () => {
  const whole = stateToJson(await trained(online(6), 16));
  for (const env of [undefined, envs()]) {
    const offline = await trained(agentOf({ env }), 10);
    expect(await endFrom(offline, online(6), 16)).toBe(whole);
    // More online steps than are left: it begins where it is.
    expect(await endFrom(offline, online(8), 16)).toBe(whole);
  }
});

test('a state of an agent that has gone online needs environments', async () => {
  const state = await trained(online(6), 16);
  const agent = agentOf({ env: envs() });
  const before = stateToJson(agent.state());
  expect(() => agent.setState(state)).toThrow(
    "Iql.setState: the part 'replay' does not fit this agent: the state is of an agent that has gone online, expected an env and onlineSteps above 0",
  );
  expect(stateToJson(agent.state())).toBe(before);
});

test('with more steps a training that has gone online stays there, with what it has made', async () => {
  const state = await trained(online(6), 16);
  expect(await endFrom(state, online(6), 22)).toBe(stateToJson(await trained(online(12), 22)));
});

test('a state of the offline phase puts an agent back into it', async () => {
  const offline = await trained(agentOf(), 10);
  const agent = online(6);
  const whole = stateToJson(await trained(agent, 16));
  expect(await endFrom(offline, agent, 16)).toBe(whole);
});

test('without online steps an env is not used: neither its state nor a buffer', async () => {
  class StatelessEnv extends DriftEnv {
    override state(): never {
      throw new Error('no state');
    }
  }
  const agent = agentOf({ env: envs(() => new StatelessEnv()), bufferSize: 1e15 });
  expect(stateToJson(await trained(agent, 5))).toBe(stateToJson(await trained(agentOf(), 5)));
});
