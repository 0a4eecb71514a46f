import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  A2c,
  type Agent,
  BehaviorCloning,
  CrossQ,
  Dqn,
  evaluate,
  Ppo,
  QrDqn,
  Reinforce,
  Sac,
  SoftQLearning,
  Td3,
  Tqc,
} from '../../agents/index.ts';
import {
  BaseEnv,
  Box,
  Discrete,
  type ResetResult,
  type StepResult,
  SyncVectorEnv,
  TimeLimit,
  type VectorStep,
} from '../../envs/index.ts';
import { makePolicy, type Policy, Rng } from '../../src/index.ts';

/** Walk on the line to 0: reward −|x| a step after a move of at most ½; done there. Discrete moves are −½, 0, ½. */
class Walk extends BaseEnv<Float32Array, Float32Array | number> {
  readonly observationSpace = new Box({ low: -4, high: 4, shape: [1] });
  readonly actionSpace;
  #x = 0;

  constructor(isDiscrete: boolean) {
    super();
    this.actionSpace = (isDiscrete ? new Discrete(3) : new Box({ low: -0.5, high: 0.5, shape: [1] })) as never;
  }

  protected begin(): ResetResult {
    this.#x = this.rng.uniform(-1.5, 1.5);
    return [Float32Array.of(this.#x), {}];
  }

  step(action: Float32Array | number): StepResult {
    this.#x += typeof action === 'number' ? (action - 1) / 2 : action[0]!;
    return [Float32Array.of(this.#x), -Math.abs(this.#x), Math.abs(this.#x) < 0.25, false, {}];
  }
}

const walks = (isDiscrete: boolean, count = 4) =>
  new SyncVectorEnv(
    Array.from({ length: count }, () => () => new TimeLimit(new Walk(isDiscrete), 8)),
    { autoresetMode: 'sameStep' },
  );

const policyFor = (isDiscrete: boolean, name: string, options = {}): Policy => {
  const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = walks(isDiscrete);
  return makePolicy(name, { observationSpace, actionSpace, hidden: [16], rng: new Rng('policy'), ...options });
};

const common = { rng: new Rng('agent'), gamma: 0.9 };
const offPolicy = { ...common, batchSize: 64, learningStarts: 100, updatesPerStep: 0.5, learningRate: 0.01, tau: 0.05 };
const valued = { ...offPolicy, tau: 1, targetUpdateEvery: 100 };
const squashed = { squash: 'tanh', activation: 'relu' };

const agents: Record<string, [steps: number, policy: () => Policy, make: (policy: Policy) => Agent]> = {
  'A2C, categorical': [
    12_000,
    () => policyFor(true, 'categorical'),
    (policy) => new A2c({ ...common, policy, env: walks(true), learningRate: 0.005, entropyCoefficient: 0.01 }),
  ],
  'A2C, mixture': [
    24_000,
    () => policyFor(false, 'mixture', { initialScale: 0.3 }),
    (policy) =>
      new A2c({
        ...common,
        policy,
        env: walks(false),
        optimizer: 'adam',
        learningRate: 0.005,
        normalizeAdvantages: true,
      }),
  ],
  'REINFORCE, categorical': [
    12_000,
    () => policyFor(true, 'categorical'),
    (policy) => new Reinforce({ ...common, policy, env: walks(true), learningRate: 0.01, valueLearningRate: 0.01 }),
  ],
  'SAC, Gaussian': [
    2000,
    () => policyFor(false, 'gaussian', { ...squashed, scale: 'state' }),
    (policy) => new Sac({ ...offPolicy, policy, env: walks(false), criticHidden: [32], initialTemperature: 0.1 }),
  ],
  'PPO, truncated normal': [
    12_000,
    () => policyFor(false, 'truncated-normal'),
    (policy) => new Ppo({ ...common, policy, env: walks(false), horizon: 64, epochs: 8, learningRate: 0.005 }),
  ],
  'SAC, truncated normal': [
    2000,
    () => policyFor(false, 'truncated-normal', { activation: 'relu', scale: 'state' }),
    (policy) => new Sac({ ...offPolicy, policy, env: walks(false), criticHidden: [32], initialTemperature: 0.1 }),
  ],
  'SAC, spline': [
    2000,
    () => policyFor(false, 'spline', { ...squashed, layers: 1 }),
    (policy) => new Sac({ ...offPolicy, policy, env: walks(false), criticHidden: [32], initialTemperature: 0.1 }),
  ],
  'SAC, as REDQ': [
    2000,
    () => policyFor(false, 'gaussian', { ...squashed, scale: 'state' }),
    (policy) =>
      new Sac({
        ...offPolicy,
        policy,
        env: walks(false),
        criticHidden: [32],
        critics: 4,
        criticsPerTarget: 2,
        criticLayerNorm: true,
        initialTemperature: 0.1,
      }),
  ],
  TQC: [
    2000,
    () => policyFor(false, 'gaussian', { ...squashed, scale: 'state' }),
    (policy) => new Tqc({ ...offPolicy, policy, env: walks(false), criticHidden: [32], initialTemperature: 0.1 }),
  ],
  'TQC, splines': [
    2000,
    () => policyFor(false, 'spline', { ...squashed, layers: 1 }),
    (policy) =>
      new Tqc({
        ...offPolicy,
        policy,
        env: walks(false),
        quantileFunction: 'spline',
        criticHidden: [32],
        initialTemperature: 0.1,
      }),
  ],
  CrossQ: [
    2000,
    () => policyFor(false, 'gaussian', { ...squashed, scale: 'state', batchRenorm: true }),
    (policy) => {
      const { tau: _, ...options } = offPolicy;
      return new CrossQ({ ...options, policy, env: walks(false), criticHidden: [32], initialTemperature: 0.1 });
    },
  ],
  'soft Q-learning': [
    2000,
    () => policyFor(false, 'gaussian', { ...squashed, scale: 'state' }),
    (policy) =>
      new SoftQLearning({
        ...offPolicy,
        policy,
        env: walks(false),
        criticHidden: [32],
        temperature: 0.02,
        samplerStates: 32,
      }),
  ],
  TD3: [
    2000,
    () => policyFor(false, 'gaussian', squashed),
    (policy) => new Td3({ ...offPolicy, policy, env: walks(false), criticHidden: [32] }),
  ],
  DQN: [
    4000,
    () => policyFor(true, 'q-network', { outputScale: 0 }),
    (policy) => new Dqn({ ...valued, policy, env: walks(true) }),
  ],
  'DQN, dueling': [
    4000,
    () => policyFor(true, 'q-network', { dueling: true, outputScale: 0 }),
    (policy) => new Dqn({ ...valued, policy, env: walks(true) }),
  ],
  'DQN, prioritized, returns of three steps': [
    4000,
    () => policyFor(true, 'q-network', { outputScale: 0 }),
    (policy) => new Dqn({ ...valued, policy, env: walks(true), prioritizedAlpha: 0.6, nSteps: 3 }),
  ],
  'SAC, prioritized': [
    2000,
    () => policyFor(false, 'gaussian', { ...squashed, scale: 'state' }),
    (policy) =>
      new Sac({
        ...offPolicy,
        policy,
        env: walks(false),
        criticHidden: [32],
        initialTemperature: 0.1,
        prioritizedAlpha: 0.6,
      }),
  ],
  'SAC, returns of three steps in blocks': [
    2000,
    () => policyFor(false, 'gaussian', { ...squashed, scale: 'state' }),
    (policy) =>
      new Sac({
        ...offPolicy,
        policy,
        env: walks(false),
        criticHidden: [32],
        initialTemperature: 0.1,
        nSteps: 3,
        updateEvery: 16,
      }),
  ],
  'QR-DQN': [
    4000,
    () => policyFor(true, 'quantile-network', { quantiles: 8 }),
    (policy) => new QrDqn({ ...valued, policy, env: walks(true) }),
  ],
  'QR-DQN, spline': [
    4000,
    () => policyFor(true, 'quantile-network', { quantiles: 8, quantileFunction: 'spline', bins: 4 }),
    (policy) => new QrDqn({ ...valued, policy, env: walks(true) }),
  ],
};

describe.each(Object.entries(agents))('%s', (_, [steps, makePolicyOf, make]) => {
  test('learns to walk home, leaks no tensors, and gives all back', async () => {
    const tensors = tf.memory().numTensors;
    const policy = makePolicyOf();
    const agent = make(policy);
    const isDiscrete = policy.discreteActions !== undefined;
    const score = () =>
      evaluate({ policy, env: walks(isDiscrete, 100), rng: new Rng('test'), greedy: true }).meanReturn;
    const before = score();
    const counts: number[] = [];
    for await (const report of agent.train({ steps, rng: new Rng(0) })) {
      counts.push(tf.memory().numTensors);
      for (const episode of report.episodes) expect(episode.length).toBeLessThanOrEqual(8);
    }
    expect(counts.at(-1)).toBe(counts[Math.min(2, counts.length - 1)]);
    // The best walk earns −0.42 in the mean; the first ones −6 or so.
    expect(before).toBeLessThan(-2);
    expect(score()).toBeGreaterThan(-0.65);
    agent.dispose();
    policy.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

test('a truncated normal policy clones a walker whose moves lie on the bounds', async () => {
  // A scale of the observation would make the density at the bounds as great as it likes, and look at nothing else.
  const policy = policyFor(false, 'truncated-normal');
  const rng = new Rng('walker');
  const observations = Float32Array.from({ length: 512 }, () => rng.uniform(-1.5, 1.5));
  const actions = observations.map((x) => Math.min(Math.max(-x, -0.5), 0.5));
  const agent = new BehaviorCloning({
    policy,
    demonstrations: { observations, actions },
    batchSize: 64,
    learningRate: 0.01,
  });
  for await (const { loss } of agent.train({ steps: 600, rng })) expect(Number.isFinite(loss)).toBe(true);
  expect(evaluate({ policy, env: walks(false, 100), rng: new Rng('test') }).meanReturn).toBeGreaterThan(-0.65);
  agent.dispose();
  policy.dispose();
});

test('a reward or an observation that is no number names the environment, whoever has made the vector env', async () => {
  class Broken extends SyncVectorEnv {
    readonly #what: 'rewards' | 'finalObservations';
    constructor(what: 'rewards' | 'finalObservations') {
      super([() => new Walk(false), () => new Walk(false)], { autoresetMode: 'sameStep' });
      this.#what = what;
    }
    override step(actions: Float32Array): VectorStep {
      const step = super.step(actions);
      step.terminations[1] = 1;
      step[this.#what].fill(Number.NaN, 1, 2);
      return step;
    }
  }
  const makers = {
    Sac: (env: SyncVectorEnv) => new Sac({ ...common, policy: policyFor(false, 'gaussian', squashed), env }),
    Reinforce: (env: SyncVectorEnv) => new Reinforce({ ...common, policy: policyFor(false, 'gaussian'), env }),
  };
  for (const [name, make] of Object.entries(makers)) {
    for (const [what, word] of [
      ['rewards', 'reward'],
      ['finalObservations', 'observation'],
    ] as const) {
      const agent: Agent = make(new Broken(what));
      const run = agent.train({ steps: 10, rng: new Rng(0) }).next();
      await expect(run).rejects.toThrow(`${name}: environment 1 gave NaN in its ${word}, expected finite numbers`);
      agent.dispose();
    }
  }
});

describe('what does not fit is refused in one line', () => {
  const gaussian = () => policyFor(false, 'gaussian');
  const categorical = () => policyFor(true, 'categorical');
  test.each<[string, () => unknown, string | RegExp]>([
    [
      'SAC of a mixture',
      () => new Sac({ ...common, policy: policyFor(false, 'mixture'), env: walks(false) }),
      'Sac: policy: got a MixturePolicy, whose samples are not reparameterized, expected one whose samples are, as those of a ' +
        "Gaussian or a flow: the gradient goes through the sample; a mixture's are with reparameterize: true",
    ],
    [
      'SAC of discrete actions',
      () => new Sac({ ...common, policy: categorical(), env: walks(true) }),
      'Sac: policy: wanted continuous actions, got discrete ones',
    ],
    [
      'SAC at a temperature that is none',
      () => new Sac({ ...common, policy: gaussian(), env: walks(false), temperature: 'atuo' as never }),
      `Sac: temperature: got "atuo", expected 'auto', a number ≥ 0, { linear: [first, last] }, or a function of the share of the ` +
        'training that is done: α, the weight of the entropy',
    ],
    [
      'SAC of bins',
      () => new Sac({ ...common, policy: policyFor(false, 'autoregressive-categorical'), env: walks(false) }),
      'Sac: policy: got an AutoregressiveCategoricalPolicy, whose samples are not reparameterized, expected one whose samples are, as ' +
        'those of a Gaussian or a flow: the gradient goes through the sample',
    ],
    [
      'soft Q-learning of discrete actions',
      () => new SoftQLearning({ ...common, policy: categorical(), env: walks(true) }),
      'SoftQLearning: policy: wanted continuous actions, got discrete ones',
    ],
    [
      'soft Q-learning of actions beyond their bounds',
      () => new SoftQLearning({ ...common, policy: gaussian(), env: walks(false) }),
      "SoftQLearning: policy: got a GaussianPolicy, whose actions leave the bounds of Box(-0.5, 0.5, [1], float32), expected one with squash: 'tanh'",
    ],
    [
      'soft Q-learning of a mixture',
      () => new SoftQLearning({ ...common, policy: policyFor(false, 'mixture'), env: walks(false) }),
      /^SoftQLearning: policy: got a MixturePolicy, whose samples are not reparameterized, expected one whose samples are, as /,
    ],
    [
      'soft Q-learning of more states than there are',
      () =>
        new SoftQLearning({
          ...common,
          policy: policyFor(false, 'gaussian', squashed),
          env: walks(false),
          batchSize: 8,
          samplerStates: 9,
        }),
      'SoftQLearning: samplerStates: got 9, expected at most the 8 of a minibatch',
    ],
    [
      'TD3 of a Gaussian that is cut off',
      () => new Td3({ ...common, policy: policyFor(false, 'truncated-normal'), env: walks(false) }),
      "Td3: policy: got a TruncatedNormalPolicy, whose mode stays at a bound without a gradient, expected one with squash: 'tanh', as a Gaussian",
    ],
    [
      'TD3 of a flow',
      () => new Td3({ ...common, policy: policyFor(false, 'spline'), env: walks(false) }),
      'Td3: policy: got a FlowPolicy, whose mode is not known, expected one with an exact mode, as a Gaussian has',
    ],
    [
      'DQN of a Gaussian',
      () => new Dqn({ ...common, policy: gaussian() as never, env: walks(false) }),
      "Dqn: policy: got a GaussianPolicy, expected a QNetworkPolicy, as makePolicy('q-network', …) gives one",
    ],
    [
      'DQN of a categorical',
      () => new Dqn({ ...common, policy: categorical(), env: walks(true) }),
      "Dqn: policy: got a CategoricalPolicy, expected a QNetworkPolicy, as makePolicy('q-network', …) gives one",
    ],
    [
      'QR-DQN of values',
      () => new QrDqn({ ...common, policy: policyFor(true, 'q-network'), env: walks(true) }),
      "QrDqn: policy: got a QNetworkPolicy, expected a QuantileNetworkPolicy, as makePolicy('quantile-network', …) gives one",
    ],
    [
      'policy gradients of values',
      () => new Ppo({ ...common, policy: policyFor(true, 'q-network'), env: walks(true) }),
      /^checkPolicy: logProb: got no gradient by any variable, expected some/,
    ],
    [
      'discrete actions of another count',
      () => new A2c({ ...common, policy: categorical(), env: walks(false) }),
      'A2c: wanted an environment with 1 observations and Discrete(3) actions, as the policy has, got 1 and a Box of 1',
    ],
    [
      'a Gaussian for discrete actions',
      () => new Reinforce({ ...common, policy: gaussian(), env: walks(true) }),
      'Reinforce: wanted an environment with 1 observations and a Box of 1 actions, as the policy has, got 1 and Discrete(3)',
    ],
    [
      'an unknown option',
      () => new Sac({ ...common, policy: gaussian(), env: walks(false), entropy: 1 } as never),
      /^Sac: entropy: unknown option, expected one of/,
    ],
    [
      'a number out of range',
      () => new Dqn({ ...common, policy: policyFor(true, 'q-network'), env: walks(true), tau: 0 }),
      'Dqn: tau: got 0, expected a number > 0: τ, how far each copy into the target network goes',
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(typeof message === 'string' ? new Error(message) : message);
  });
});
