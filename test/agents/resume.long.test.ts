import { beforeAll, describe, expect, test } from 'vitest';
import {
  A2c,
  type Agent,
  type AgentState,
  BehaviorCloning,
  CrossQ,
  checkAgent,
  Dqn,
  Dsrl,
  Fpo,
  Meow,
  Ppo,
  QrDqn,
  ReinFlow,
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
import { makePolicy, Rng } from '../../src/index.ts';

const vector = (id: string) => makeVec(id, { numEnvs: 2, autoresetMode: 'sameStep' });
const replay = {
  rng: new Rng('agent'),
  batchSize: 8,
  // Less than the steps, so that it is written round.
  bufferSize: 50,
  learningStarts: 20,
  reportEvery: 24,
  updatesPerStep: 0.3,
  learningRate: (share: number) => 1e-3 * (1 - share),
};
const critics = { ...replay, criticHidden: [8] };
// An episode of the pendulum has 200 steps, so that the cuts fall inside of episodes.
const rollouts = { rng: new Rng('agent'), horizon: 75, epochs: 2, batchSize: 50 };
const normalized = { normalizeObservations: true, normalizeRewards: true };
const gaussian = ['gaussian', { squash: 'tanh', scale: 'state' }] as const;

function pairs(count: number) {
  const rng = new Rng('pairs');
  const observations = rng.fillNormal(new Float32Array(count * 3));
  return { observations, actions: rng.fillNormal(new Float32Array(count)) };
}
const cloning = {
  ...{ demonstrations: pairs(100), validation: pairs(20), outside: 'keep', batchSize: 30, reportEvery: 7 },
  ...{ entropyCoefficient: 0.1, weightDecay: 0.01, learningRate: (share: number) => (share < 0.4 ? 0.01 : 0.3) },
};

type Case = readonly [
  env: 'Pendulum-v1' | 'CartPole-v1' | 'BitFlipping-v0',
  steps: number,
  Made: new (options: never) => Agent,
  policy: readonly [string, object?],
  options: object,
];
/** Each agent, with such options as have a state. */
const agents: Case[] = [
  [
    'Pendulum-v1',
    600,
    Ppo,
    ['spline', { layers: 1 }],
    { ...rollouts, ...normalized, entropyCoefficient: 0.01, learningRate: replay.learningRate },
  ],
  ['Pendulum-v1', 450, Fpo, ['flow-matching'], { ...rollouts, ...normalized, draws: 2 }],
  ['Pendulum-v1', 450, Fpo, ['flow-matching'], { ...rollouts, draws: 2, ratio: 'draw', trustRegion: 'asymmetric' }],
  ['Pendulum-v1', 450, ReinFlow, ['flow-matching'], { ...rollouts, ...normalized, noiseHidden: [4] }],
  ['CartPole-v1', 60, A2c, ['categorical'], { rng: new Rng('agent'), reportEvery: 2, ...normalized }],
  ['CartPole-v1', 200, Reinforce, ['categorical'], { rng: new Rng('agent') }],
  // The cuts fall inside of episodes, whose state goes on.
  ['Pendulum-v1', 600, Ppo, ['spline', { layers: 1, memory: 'lstm', memoryUnits: 4 }], { ...rollouts, ...normalized }],
  [
    'CartPole-v1',
    60,
    A2c,
    ['categorical', { memory: 'gru', memoryUnits: 4 }],
    { rng: new Rng('agent'), reportEvery: 2 },
  ],
  ['CartPole-v1', 200, Reinforce, ['categorical', { memory: 'min-gru', memoryUnits: 4 }], { rng: new Rng('agent') }],
  [
    'Pendulum-v1',
    100,
    Sac,
    ['spline', { squash: 'tanh', layers: 1 }],
    {
      ...{
        ...critics,
        explorationNoise: 0.1,
        noiseCorrelation: 0.9,
        critics: 3,
        criticsPerTarget: 2,
        maxGradientNorm: 0.1,
      },
      ...{ criticLayerNorm: true, criticLearningRate: { linear: [1e-2, 1e-3] }, policyDelay: 2 },
      ...{ prioritizedAlpha: 1, prioritizedBeta: 0.5 },
    },
  ],
  ['Pendulum-v1', 100, Tqc, gaussian, { ...critics, quantiles: 5, droppedPerCritic: 1, prioritizedAlpha: 0.6 }],
  // The updates are 24.
  ['Pendulum-v1', 100, CrossQ, ['gaussian', { ...gaussian[1], batchRenorm: true }], { ...critics, warmUp: 10 }],
  [
    'Pendulum-v1',
    100,
    SoftQLearning,
    gaussian,
    { ...critics, temperature: { linear: [1, 0.1] }, valueSamples: 4, particles: 3, samplerStates: 5, nSteps: 3 },
  ],
  [
    'Pendulum-v1',
    100,
    Meow,
    ['nice', { squash: 'tanh', scale: 'state' }],
    {
      ...{ ...replay, ...normalized, shiftHidden: [8], temperature: { linear: [1, 0.1] } },
      ...{ maxGradientNorm: 0.1, prioritizedAlpha: 0.6, nSteps: 3 },
    },
  ],
  ...[true, false].map(
    (noiseAliasing): Case => [
      'Pendulum-v1',
      100,
      Dsrl,
      ['flow-matching'],
      { ...critics, noiseAliasing, steeringHidden: [8], normalizeRewards: true, prioritizedAlpha: 0.6 },
    ],
  ),
  // Some of the cuts are between two blocks.
  ['Pendulum-v1', 100, Td3, gaussian, { ...critics, policyDelay: 3, updateEvery: 15, prioritizedAlpha: 0.6 }],
  [
    'CartPole-v1',
    100,
    Dqn,
    ['q-network', { dueling: true }],
    { ...replay, ...normalized, targetUpdateEvery: 7, nSteps: 3, prioritizedAlpha: 0.6 },
  ],
  [
    'CartPole-v1',
    100,
    QrDqn,
    ['quantile-network', { quantiles: 4, quantileFunction: 'spline', bins: 3 }],
    { ...replay, targetUpdateEvery: 7, explorationFraction: 0.8 },
  ],
  ...([Sac, Td3, Tqc] as const).map(
    (Made): Case => [
      'Pendulum-v1',
      100,
      Made,
      ['gaussian', { ...gaussian[1], memory: 'lstm', memoryUnits: 4 }],
      { ...critics, sequenceLength: 4, burnIn: 3 },
    ],
  ),
  [
    'CartPole-v1',
    100,
    Dqn,
    ['q-network', { memory: 'gru', memoryUnits: 4 }],
    { ...replay, targetUpdateEvery: 7, sequenceLength: 4 },
  ],
  ['BitFlipping-v0', 100, Dqn, ['q-network'], { ...replay, normalizeRewards: true, hindsight: 'episode' }],
  ['Pendulum-v1', 23, BehaviorCloning, ['gaussian'], cloning],
];

function made([id, , Made, [name, own], options]: Case, hidden = [8]): Agent {
  const env = vector(id);
  const policy = makePolicy<string>(name, { env, hidden, rng: new Rng('policy'), ...own });
  return new Made({ policy, ...(Made !== BehaviorCloning && { env }), ...options } as never);
}

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

describe.each(agents.map((each) => [each[2].name, each] as const))('%s', (name, which) => {
  const steps = which[1];
  const make = (hidden?: number[]) => made(which, hidden);
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
    await expect(finish(agent, steps, 1)).rejects.toThrow(`${name}.train: rng: got the seed '1', expected '0'`);
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
