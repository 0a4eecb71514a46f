import { beforeAll, describe, expect, test } from 'vitest';
import {
  A2c,
  type Agent,
  type AgentState,
  BehaviorCloning,
  CrossQ,
  checkAgent,
  Dqn,
  Fpo,
  Ppo,
  QrDqn,
  Reinforce,
  Sac,
  SoftQLearning,
  stateFromJson,
  stateToJson,
  Td3,
  Tqc,
  type TrainReport,
} from '../../agents/index.ts';
import { makeVec } from '../../envs/index.ts';
import { makePolicy, type Policy, Rng } from '../../src/index.ts';

const pendulum = () => makeVec('Pendulum-v1', { numEnvs: 2, autoresetMode: 'sameStep' });
const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = pendulum();
const policyOf = (name: string, hidden = [8], options = {}): Policy =>
  makePolicy(name, { observationSpace, actionSpace, hidden, rng: new Rng('policy'), ...options });
const cartPole = () => makeVec('CartPole-v1', { numEnvs: 2, autoresetMode: 'sameStep' });
const categorical = (hidden = [8], name = 'categorical', options = {}) => {
  const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = cartPole();
  return makePolicy(name, { observationSpace, actionSpace, hidden, rng: new Rng('policy'), ...options });
};
const offPolicy = {
  rng: new Rng('agent'),
  batchSize: 8,
  // Less than the steps, so that it is written round.
  bufferSize: 50,
  learningStarts: 20,
  reportEvery: 24,
  updatesPerStep: 0.3,
  learningRate: (share: number) => 1e-3 * (1 - share),
};

function demonstrations(count: number) {
  const rng = new Rng('pairs');
  return {
    observations: rng.fillNormal(new Float32Array(count * 3)),
    actions: rng.fillNormal(new Float32Array(count)),
  };
}

/** Each agent, made anew with the same options, and how long it is trained. */
const agents: Record<string, { steps: number; make(hidden?: number[]): Agent }> = {
  // An episode has 200 steps, so that the cuts fall inside of episodes.
  Ppo: {
    steps: 600,
    make: (hidden) =>
      new Ppo({
        policy: policyOf('spline', hidden, { layers: 1 }),
        env: pendulum(),
        rng: new Rng('agent'),
        horizon: 75,
        epochs: 2,
        batchSize: 50,
        entropyCoefficient: 0.01,
        normalizeObservations: true,
        normalizeRewards: true,
        learningRate: (share) => 1e-3 * (1 - share),
      }),
  },
  Fpo: {
    steps: 450,
    make: (hidden) =>
      new Fpo({
        policy: policyOf('flow-matching', hidden),
        env: pendulum(),
        rng: new Rng('agent'),
        horizon: 75,
        epochs: 2,
        batchSize: 50,
        draws: 2,
        normalizeObservations: true,
        normalizeRewards: true,
      }),
  },
  A2c: {
    steps: 60,
    make: (hidden) =>
      new A2c({
        policy: categorical(hidden),
        env: cartPole(),
        rng: new Rng('agent'),
        reportEvery: 2,
        learningRate: 0.01,
      }),
  },
  'A2c, normalized': {
    steps: 60,
    make: (hidden) =>
      new A2c({
        policy: categorical(hidden),
        env: cartPole(),
        rng: new Rng('agent'),
        reportEvery: 2,
        normalizeObservations: true,
        normalizeRewards: true,
      }),
  },
  'Dqn, normalized': {
    steps: 100,
    make: (hidden) =>
      new Dqn({
        ...offPolicy,
        policy: categorical(hidden, 'q-network', { dueling: true }),
        env: cartPole(),
        normalizeObservations: true,
        normalizeRewards: true,
      }),
  },
  Reinforce: {
    steps: 200,
    make: (hidden) => new Reinforce({ policy: categorical(hidden), env: cartPole(), rng: new Rng('agent') }),
  },
  Sac: {
    steps: 100,
    make: (hidden) =>
      new Sac({
        ...offPolicy,
        policy: policyOf('spline', hidden, { squash: 'tanh', layers: 1 }),
        env: pendulum(),
        explorationNoise: 0.1,
        noiseCorrelation: 0.9,
        criticHidden: [8],
      }),
  },
  'Sac, eight of its options': {
    steps: 100,
    make: (hidden) =>
      new Sac({
        ...offPolicy,
        policy: policyOf('gaussian', hidden, { squash: 'tanh', scale: 'state' }),
        env: pendulum(),
        critics: 3,
        criticsPerTarget: 2,
        criticLayerNorm: true,
        criticLearningRate: { linear: [1e-2, 1e-3] },
        maxGradientNorm: 0.1,
        policyDelay: 2,
        prioritizedAlpha: 1,
        prioritizedBeta: 0.5,
        criticHidden: [8],
      }),
  },
  Tqc: {
    steps: 100,
    make: (hidden) =>
      new Tqc({
        ...offPolicy,
        policy: policyOf('gaussian', hidden, { squash: 'tanh', scale: 'state' }),
        env: pendulum(),
        quantiles: 5,
        droppedPerCritic: 1,
        prioritizedAlpha: 0.6,
        criticHidden: [8],
      }),
  },
  CrossQ: {
    steps: 100,
    make: (hidden) =>
      new CrossQ({
        ...offPolicy,
        policy: policyOf('gaussian', hidden, { squash: 'tanh', scale: 'state', batchRenorm: true }),
        env: pendulum(),
        // The updates are 24.
        warmUp: 10,
        prioritizedAlpha: 0.6,
        criticHidden: [8],
      }),
  },
  SoftQLearning: {
    steps: 100,
    make: (hidden) =>
      new SoftQLearning({
        ...offPolicy,
        policy: policyOf('gaussian', hidden, { squash: 'tanh', scale: 'state' }),
        env: pendulum(),
        temperature: { linear: [1, 0.1] },
        valueSamples: 4,
        particles: 3,
        samplerStates: 5,
        nSteps: 3,
        prioritizedAlpha: 0.6,
        criticHidden: [8],
      }),
  },
  Td3: {
    steps: 100,
    make: (hidden) =>
      new Td3({
        ...offPolicy,
        policy: policyOf('gaussian', hidden, { squash: 'tanh' }),
        env: pendulum(),
        policyDelay: 3,
        // Some of the cuts are between two blocks.
        updateEvery: 15,
        prioritizedAlpha: 0.6,
        criticHidden: [8],
      }),
  },
  Dqn: {
    steps: 100,
    make: (hidden) =>
      new Dqn({
        ...offPolicy,
        policy: categorical(hidden, 'q-network'),
        env: cartPole(),
        targetUpdateEvery: 7,
        nSteps: 3,
        prioritizedAlpha: 0.6,
      }),
  },
  QrDqn: {
    steps: 100,
    make: (hidden) =>
      new QrDqn({
        ...offPolicy,
        policy: categorical(hidden, 'quantile-network', { quantiles: 4, quantileFunction: 'spline', bins: 3 }),
        env: cartPole(),
        targetUpdateEvery: 7,
        explorationFraction: 0.8,
      }),
  },
  BehaviorCloning: {
    steps: 23,
    make: (hidden) =>
      new BehaviorCloning({
        policy: policyOf('gaussian', hidden),
        demonstrations: demonstrations(100),
        validation: demonstrations(20),
        outside: 'keep',
        batchSize: 30,
        reportEvery: 7,
        entropyCoefficient: 0.1,
        weightDecay: 0.01,
        learningRate: (share) => (share < 0.4 ? 0.01 : 0.3),
      }),
  },
};

/** Trains to the end. @returns the reports, the state at each and its text at that time, and the end */
async function finish(agent: Agent, steps: number, seed: string | number = 0) {
  const reports: TrainReport[] = [];
  const states: AgentState[] = [];
  const texts: string[] = [];
  for await (const report of agent.train({ steps, rng: new Rng(seed) })) {
    reports.push(report);
    states.push(agent.state());
    texts.push(stateToJson(states.at(-1)));
  }
  return { reports, states, texts, end: stateToJson(agent.state()) };
}

describe.each(Object.entries(agents))('%s', (name, { steps, make }) => {
  let whole: Awaited<ReturnType<typeof finish>>;
  beforeAll(async () => {
    const agent = make();
    whole = await finish(agent, steps);
    agent.dispose();
  });

  test('cut at any report, another agent ends with the same bytes, also after JSON and a structured clone', async () => {
    const { reports, states, end } = whole;
    expect(states.length).toBeGreaterThanOrEqual(3);
    // Each is new at its first cut, and has trained to the end before the next.
    const [byJson, byClone] = [make(), make()];
    for (const [i, state] of states.entries()) {
      const isJson = i % 2 === 0;
      const agent = isJson ? byJson : byClone;
      agent.setState(isJson ? (stateFromJson(stateToJson(state)) as AgentState) : structuredClone(state));
      expect(stateToJson(agent.state())).toBe(stateToJson(state));
      const rest = await finish(agent, steps);
      expect(rest.reports).toEqual(reports.slice(i + 1));
      expect(rest.states).toEqual(states.slice(i + 1));
      expect(rest.end).toBe(end);
    }
    byJson.dispose();
    byClone.dispose();
  });

  test('checkAgent has nothing to say', async () => {
    expect(await checkAgent(make(), { steps })).toEqual([]);
  });

  test('a state that was taken is not changed by what comes after', () => {
    expect(whole.states.map(stateToJson)).toEqual(whole.texts);
  });

  test('a state before the training begins it anew; another seed is refused', async () => {
    const agent = make();
    agent.setState(make().state());
    expect((await finish(agent, steps)).end).toBe(whole.end);
    agent.setState(whole.states[0]!);
    await expect(finish(agent, steps, 1)).rejects.toThrow(
      `${name.split(',')[0]}.train: rng: got the seed '1', expected '0', which the state to go on from had`,
    );
  });

  test('a state that does not fit is refused in one line, and nothing is changed', () => {
    const state = whole.states[0]!;
    const { training, ...others } = state.parts;
    const damaged = { training: { streams: {} } };
    const cases: [unknown, RegExp][] = [
      [undefined, /setState: wanted the state of an agent/],
      [{ ...state, agent: 'Sarsa' }, /setState: the state is of a Sarsa, expected one of a \w+$/],
      [{ ...state, version: 7 }, /setState: the state has version 7 of the format, this oxbow reads version 1$/],
      [{ ...state, parts: others }, /setState: the agent has a part 'training', the state has none: expected the same/],
      [{ ...state, parts: { ...state.parts, gru: 1 } }, /setState: the state has a part 'gru', the agent has none/],
      [make([16]).state(), /the part 'policy' does not fit this agent: loadStateDict: '.*' has shape/],
      [{ ...state, parts: { ...state.parts, ...damaged } }, /the part 'training' does not fit this agent/],
    ];
    // Parts of several fields, the last of which is refused when the others have been set.
    for (const part of ['scaler', 'collector'].filter((name) => name in others)) {
      const fields = others[part] as object;
      const parts = { ...state.parts, [part]: { ...fields, [Object.keys(fields).at(-1)!]: undefined } };
      cases.push([{ ...state, parts }, new RegExp(`the part '${part}' does not fit this agent`)]);
    }
    const agent = make();
    const before = stateToJson(agent.state());
    for (const [wrong, message] of cases) {
      expect(() => agent.setState(wrong as AgentState)).toThrow(message);
      expect(() => agent.setState(wrong as AgentState)).not.toThrow('\n');
      expect(stateToJson(agent.state())).toBe(before);
    }
    expect(training).not.toBeNull();
  });
});
