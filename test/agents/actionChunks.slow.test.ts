import { expect, test } from 'vitest';
import {
  A2c,
  type Agent,
  BehaviorCloning,
  CrossQ,
  checkAgent,
  Dsrl,
  evaluate,
  Fpo,
  Fql,
  Iql,
  Meow,
  NfRlbc,
  Ppo,
  ReinFlow,
  Reinforce,
  Sac,
  SoftQLearning,
  Td3,
  Td3Bc,
  Tqc,
  train,
} from '../../agents/index.ts';
import { collectDemonstrations, make } from '../../envs/index.ts';
import { cosineSchedule, makePolicy, Rng } from '../../src/index.ts';
import { common, datasetOf, envs, observationSpace } from './offline/support.ts';
import { box } from './support.ts';

const spaces = { observationSpace, actionSpace: box, hidden: [3] };
const policyOf = (name: string, options: object = {}) =>
  makePolicy<string>(name, { ...spaces, chunk: 3, rng: new Rng('policy'), ...options });
const squashed = { squash: 'tanh', scale: 'state', initialScale: 0.5 };

const rollouts = () => ({ env: envs(3), rng: new Rng('agent'), valueHidden: [3] });
const ofMinibatches = { horizon: 6, batchSize: 9, epochs: 2 };
const replay = () => ({ ...common, env: envs(2), reportEvery: 20, learningStarts: 20 });
const online = () => ({ ...common, dataset: datasetOf(), env: envs(2), onlineSteps: 30, explorationNoise: 0.2 });

/** Each agent that learns chunks, and how long. */
const agents: [string, () => Agent, number][] = [
  [
    'Ppo',
    () => new Ppo({ policy: policyOf('spline', { bins: 3 }), ...rollouts(), ...ofMinibatches, normalizeRewards: true }),
    200,
  ],
  [
    'A2c',
    () => new A2c({ policy: policyOf('mixture', { execute: 2 }), ...rollouts(), horizon: 5, reportEvery: 2 }),
    200,
  ],
  ['Reinforce', () => new Reinforce({ policy: policyOf('gaussian-full'), ...rollouts() }), 200],
  ['Fpo', () => new Fpo({ policy: policyOf('flow-matching'), ...rollouts(), ...ofMinibatches, draws: 2 }), 120],
  [
    'ReinFlow',
    () => new ReinFlow({ policy: policyOf('flow-matching'), ...rollouts(), ...ofMinibatches, noiseHidden: [3] }),
    120,
  ],
  ['Sac', () => new Sac({ policy: policyOf('gaussian', { ...squashed, execute: 2 }), ...replay() }), 80],
  [
    'Sac, blended, prioritized, two chunks a target',
    () =>
      new Sac({
        policy: policyOf('gaussian', { ...squashed, blend: 0.1 }),
        ...replay(),
        prioritizedAlpha: 0.6,
        nSteps: 2,
      }),
    80,
  ],
  ['Tqc', () => new Tqc({ policy: policyOf('gaussian', squashed), ...replay() }), 80],
  ['CrossQ', () => new CrossQ({ policy: policyOf('gaussian', squashed), ...replay() }), 80],
  ['Td3', () => new Td3({ policy: policyOf('gaussian', { ...squashed, scale: 'free' }), ...replay() }), 80],
  ['SoftQLearning', () => new SoftQLearning({ policy: policyOf('implicit', { squash: 'tanh' }), ...replay() }), 80],
  [
    'Meow',
    () => {
      const { criticHidden: shiftHidden, ...others } = replay();
      return new Meow({ policy: policyOf('nice', squashed), ...others, shiftHidden });
    },
    80,
  ],
  ['Dsrl', () => new Dsrl({ policy: policyOf('flow-matching', { execute: 2 }), ...replay(), steeringHidden: [3] }), 80],
  ['Iql', () => new Iql({ policy: policyOf('spline', { bins: 3, execute: 2 }), ...online() }), 60],
  ['Iql, best of samples', () => new Iql({ policy: policyOf('flow-matching'), ...online(), beta: 0, bestOf: 4 }), 60],
  ['Fql', () => new Fql({ policy: policyOf('implicit'), ...online(), behaviorHidden: [3] }), 60],
  ['NfRlbc', () => new NfRlbc({ policy: policyOf('gaussian', { squash: 'tanh' }), ...online() }), 60],
  ['Td3Bc', () => new Td3Bc({ policy: policyOf('gaussian', { squash: 'tanh' }), ...online() }), 60],
  [
    'BehaviorCloning',
    () => new BehaviorCloning({ policy: policyOf('gaussian'), dataset: datasetOf(), batchSize: 8, reportEvery: 5 }),
    20,
  ],
];

test.each(agents)('%s learns chunks, and goes on from a state to the byte', async (_, agent, steps) => {
  const advice = await checkAgent(agent(), { steps });
  expect(advice.filter((line) => !line.startsWith('state: not checked'))).toEqual([]);
});

test.each([
  ['ppo', { horizon: 20, batchSize: 20 }],
  ['sac', { learningStarts: 50, batchSize: 16 }],
] as const)(
  'train makes %s learn chunks, counts steps of the environment, and gives the policy',
  async (agent, agentOptions) => {
    const lengths: number[] = [];
    const options = {
      env: 'Pendulum-v1',
      agent,
      agentOptions,
      steps: 410,
      numEnvs: 1,
      evaluateEvery: 200,
      evaluateEpisodes: 2,
    };
    const { policy, meanLength, steps } = await train({
      ...options,
      policyOptions: { chunk: 4, hidden: [8] },
      onReport: ({ evaluation }: { evaluation?: { length: number } }) => {
        if (evaluation !== undefined) lengths.push(evaluation.length);
      },
    } as Parameters<typeof train>[0]);
    expect(policy.chunk).toEqual({ length: 4, execute: 4 });
    expect(new Set(lengths)).toEqual(new Set([200]));
    expect(meanLength).toBe(200);
    expect(steps % 4).toBe(agent === 'ppo' ? 0 : 2);
    policy.dispose();
  },
);

test('on the lake, where a chunk leads round it, splines clone both ways and a Gaussian drowns between them', async () => {
  const demonstrations = collectDemonstrations({ envId: 'Lake-v0', episodes: 100, rng: new Rng('demonstrations') });
  const drowned: Record<string, number> = {};
  for (const name of ['gaussian', 'spline'] as const) {
    const rng = new Rng(name);
    const policy = makePolicy(name, {
      env: make('Lake-v0'),
      for: 'behavior-cloning',
      chunk: 4,
      rng: rng.split('policy'),
    });
    const agent = new BehaviorCloning({
      policy,
      demonstrations,
      outside: 'keep',
      learningRate: cosineSchedule(3e-3),
      reportEvery: 300,
    });
    const losses: number[] = [];
    for await (const { loss } of agent.train({ steps: 900, rng: rng.split('training') })) losses.push(loss);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    const { outcomes } = evaluate({ policy, env: 'Lake-v0', episodes: 200, rng: rng.split('evaluation') });
    drowned[name] = (outcomes.drowned ?? 0) / 200;
    agent.dispose();
  }
  expect(drowned.gaussian).toBeGreaterThan(0.7);
  expect(drowned.spline).toBeLessThan(0.45);
});
