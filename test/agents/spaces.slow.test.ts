import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  A2c,
  type Agent,
  type AgentState,
  BehaviorCloning,
  Dqn,
  evaluate,
  Ppo,
  QrDqn,
  Reinforce,
  Sac,
  stateFromJson,
  stateToJson,
  type TrainReport,
  train,
} from '../../agents/index.ts';
import {
  type AnyEnv,
  BaseEnv,
  Box,
  Dict,
  Discrete,
  type Info,
  MultiBinary,
  MultiDiscrete,
  type ResetResult,
  type Space,
  type StepResult,
  SyncVectorEnv,
  Text,
  TimeLimit,
} from '../../envs/index.ts';
import {
  makePolicy,
  type Policy,
  type QNetworkPolicy,
  type QuantileNetworkPolicy,
  Rng,
  type RngState,
} from '../../src/index.ts';

/** 4 × 4 places with holes, as FrozenLake without slipping: 1 for the goal, 0 for a hole. */
class Ice extends BaseEnv<number, number> {
  readonly observationSpace = new Discrete(16);
  readonly actionSpace = new Discrete(4);
  #place = 0;

  protected begin(): ResetResult<number> {
    this.#place = 0;
    return [0, {}];
  }

  step(action: number): StepResult<number> {
    const [x, y] = [this.#place % 4, Math.floor(this.#place / 4)];
    const [dx, dy] = [
      [-1, 0],
      [0, 1],
      [1, 0],
      [0, -1],
    ][action]! as [number, number];
    const clip = (value: number) => Math.min(3, Math.max(0, value));
    this.#place = 4 * clip(y + dy) + clip(x + dx);
    const isHole = [5, 7, 11, 12].includes(this.#place);
    const isGoal = this.#place === 15;
    return [this.#place, isGoal ? 1 : 0, isHole || isGoal, false, {}];
  }
}

interface Goal {
  observation: Float32Array;
  achieved_goal: Float32Array;
  desired_goal: Float32Array;
}

/** A point on a line that is to be where it is wished, as Gymnasium-Robotics shows it. */
class Reach extends BaseEnv<Goal, Float32Array> {
  readonly observationSpace = new Dict<Goal>({
    observation: new Box({ low: -9, high: 9, shape: [1] }),
    desired_goal: new Box({ low: -1, high: 1, shape: [1] }),
    achieved_goal: new Box({ low: -9, high: 9, shape: [1] }),
  });
  readonly actionSpace = new Box({ low: -0.5, high: 0.5, shape: [1] });
  #x = 0;
  #goal = 0;

  #see(): Goal {
    const at = (x: number) => Float32Array.of(x);
    return { observation: at(this.#x), achieved_goal: at(this.#x), desired_goal: at(this.#goal) };
  }

  protected begin(): ResetResult<Goal> {
    this.#x = 0;
    this.#goal = this.rng.uniform(-1, 1);
    return [this.#see(), {}];
  }

  step(action: Float32Array): StepResult<Goal> {
    this.#x += action[0]!;
    return [this.#see(), -Math.abs(this.#x - this.#goal), false, false, {}];
  }
}

/** Shows numbers, in a text and in their own space, and pays for each that the action repeats. */
class Echo extends BaseEnv<{ word: string; numbers: ArrayLike<number> }, ArrayLike<number>> {
  readonly observationSpace;
  readonly actionSpace: Space<ArrayLike<number>>;
  #shown: ArrayLike<number> = [];

  constructor(space: MultiDiscrete | MultiBinary) {
    super();
    this.actionSpace = space as Space<ArrayLike<number>>;
    this.observationSpace = new Dict<{ word: string; numbers: ArrayLike<number> }>({
      word: new Text(5),
      numbers: space as Space<ArrayLike<number>>,
    });
  }

  #show(): { word: string; numbers: ArrayLike<number> } {
    this.#shown = this.actionSpace.sample(this.rng);
    return { word: 'echo', numbers: this.#shown };
  }

  protected begin(): ResetResult<{ word: string; numbers: ArrayLike<number> }> {
    return [this.#show(), {}];
  }

  step(action: ArrayLike<number>): StepResult<{ word: string; numbers: ArrayLike<number> }> {
    const right = Array.from(action).filter((value, i) => value === this.#shown[i]).length;
    return [this.#show(), right / this.#shown.length, false, false, {}];
  }
}

/** Pays as much as the action is great, and throws at one that its mask forbids. */
class Guarded extends BaseEnv<Float32Array, number | Int32Array> {
  readonly observationSpace = new Box({ low: 0, high: 1, shape: [1] });
  readonly actionSpace: Space<number | Int32Array>;
  readonly #nvec: readonly number[];
  #mask: number[] = [];

  constructor(space: Discrete | MultiDiscrete) {
    super();
    this.actionSpace = space as Space<number | Int32Array>;
    this.#nvec = space instanceof Discrete ? [space.n] : space.nvec;
  }

  #see(): [Float32Array, Info] {
    this.#mask = this.#nvec.flatMap((n) => {
      const free = this.rng.integer(0, n);
      return Array.from({ length: n }, (_, k) => (k === free || this.rng.uniform() < 0.4 ? 1 : 0));
    });
    return [Float32Array.of(this.rng.uniform()), { actionMask: [...this.#mask] }];
  }

  protected begin(): ResetResult {
    return this.#see();
  }

  step(action: number | Int32Array): StepResult {
    const choices = typeof action === 'number' ? [action] : [...action];
    let at = 0;
    choices.forEach((choice, i) => {
      if (this.#mask[at + choice] !== 1) throw new Error(`forbidden: ${choice} by ${this.#mask}`);
      at += this.#nvec[i]!;
    });
    const reward = choices.reduce((sum, choice) => sum + choice, 0);
    const [observation, info] = this.#see();
    return [observation, reward, false, false, info];
  }

  state(): { rng: RngState; mask: number[] } {
    return { rng: this.rng.state(), mask: this.#mask };
  }

  setState({ rng, mask }: { rng: RngState; mask: number[] }): void {
    this.rng = Rng.fromState(rng);
    this.#mask = mask;
  }
}

const vector = (make: () => AnyEnv, steps: number, count = 4) =>
  new SyncVectorEnv(
    Array.from({ length: count }, () => () => new TimeLimit(make(), steps)),
    { autoresetMode: 'sameStep' },
  );
const policyFor = (name: string, env: AnyEnv, options = {}): Policy => {
  const { observationSpace, actionSpace } = env;
  return makePolicy(name, {
    ...{ observationSpace: observationSpace as never, actionSpace: actionSpace as never },
    hidden: [16],
    rng: new Rng('policy'),
    ...options,
  });
};
const common = { rng: new Rng('agent'), gamma: 0.95 };
const ppo = { ...common, horizon: 64, epochs: 8, learningRate: 0.005 };
const multiDiscrete = new MultiDiscrete([3, 2, 4], [0, 5, -1]);
const multiBinary = new MultiBinary(3);

interface Case {
  make: () => AnyEnv;
  limit: number;
  steps: number;
  policy: [name: string, options?: object];
  agent: (parts: { policy: Policy; env: SyncVectorEnv }) => Agent;
  /** The least mean return of greedy actions at the end. */
  atLeast: number;
}

const cases: Record<string, Case> = {
  'PPO on a discrete observation': {
    make: () => new Ice() as AnyEnv,
    limit: 30,
    steps: 16_000,
    policy: ['categorical'],
    agent: (parts) => new Ppo({ ...ppo, ...parts, entropyCoefficient: 0.02 }),
    atLeast: 1,
  },
  'DQN on a discrete observation': {
    make: () => new Ice() as AnyEnv,
    limit: 30,
    steps: 16_000,
    policy: ['q-network'],
    agent: ({ policy, env }) =>
      new Dqn({
        ...common,
        policy: policy as QNetworkPolicy,
        env,
        learningStarts: 200,
        updatesPerStep: 0.25,
        learningRate: 0.003,
        tau: 1,
        targetUpdateEvery: 200,
        explorationFraction: 0.6,
      }),
    atLeast: 1,
  },
  'SAC on a goal': {
    make: () => new Reach() as AnyEnv,
    limit: 10,
    steps: 3000,
    policy: ['gaussian', { squash: 'tanh', scale: 'state', activation: 'relu' }],
    agent: (parts) =>
      new Sac({
        ...{ ...common, ...parts, batchSize: 64, learningStarts: 100, updatesPerStep: 0.5, learningRate: 0.01 },
        ...{ tau: 0.05, criticHidden: [32], initialTemperature: 0.1 },
      }),
    atLeast: -1.5,
  },
  'PPO, several discrete actions': {
    make: () => new Echo(multiDiscrete) as AnyEnv,
    limit: 10,
    steps: 12_000,
    policy: ['multi-categorical'],
    agent: (parts) => new Ppo({ ...ppo, ...parts }),
    atLeast: 9.9,
  },
  'A2C, zeros and ones': {
    make: () => new Echo(multiBinary) as AnyEnv,
    limit: 10,
    steps: 24_000,
    policy: ['multi-categorical'],
    agent: (parts) => new A2c({ ...common, ...parts, gamma: 0, learningRate: 0.01 }),
    atLeast: 9.9,
  },
  'REINFORCE, several discrete actions': {
    make: () => new Echo(multiDiscrete) as AnyEnv,
    limit: 10,
    steps: 24_000,
    policy: ['multi-categorical'],
    agent: (parts) => new Reinforce({ ...common, ...parts, gamma: 0, learningRate: 0.02, valueLearningRate: 0.01 }),
    atLeast: 9.9,
  },
  'PPO, masked': {
    make: () => new Guarded(new Discrete(5)) as AnyEnv,
    limit: 10,
    steps: 12_000,
    policy: ['categorical', { actionMask: true }],
    agent: (parts) => new Ppo({ ...ppo, ...parts, entropyCoefficient: 0.01, normalizeObservations: true }),
    // The greatest allowed of five: E = 3.24.
    atLeast: 31,
  },
  'DQN, masked': {
    make: () => new Guarded(new Discrete(5)) as AnyEnv,
    limit: 10,
    steps: 6000,
    policy: ['q-network', { actionMask: true }],
    agent: ({ policy, env }) =>
      new Dqn({
        ...{ ...common, policy: policy as QNetworkPolicy, env, gamma: 0.5, learningStarts: 200, updatesPerStep: 0.25 },
        ...{ learningRate: 0.003, targetUpdateEvery: 200, explorationFraction: 0.5, nSteps: 2 },
      }),
    atLeast: 31,
  },
  'QR-DQN, masked': {
    make: () => new Guarded(new Discrete(5)) as AnyEnv,
    limit: 10,
    steps: 6000,
    policy: ['quantile-network', { actionMask: true, quantiles: 8 }],
    agent: ({ policy, env }) =>
      new QrDqn({
        ...{ ...common, policy: policy as QuantileNetworkPolicy, env, gamma: 0.5, learningStarts: 200 },
        ...{ updatesPerStep: 0.25, learningRate: 0.003, targetUpdateEvery: 200, explorationFraction: 0.5 },
      }),
    atLeast: 31,
  },
  'PPO, several actions, masked': {
    make: () => new Guarded(new MultiDiscrete([3, 4])) as AnyEnv,
    limit: 10,
    steps: 12_000,
    policy: ['multi-categorical', { actionMask: true }],
    agent: (parts) => new Ppo({ ...ppo, ...parts }),
    atLeast: 36,
  },
};

describe.each(Object.entries(cases))('%s', (_, { make, limit, steps, policy: [name, options], agent, atLeast }) => {
  test('learns, leaks no tensors, and gives all back', async () => {
    const tensors = tf.memory().numTensors;
    const policy = policyFor(name, make(), options);
    const learner = agent({ policy, env: vector(make, limit) });
    for await (const _ of learner.train({ steps, rng: new Rng(0) }));
    const { meanReturn } = evaluate({ policy, env: vector(make, limit, 16), seed: 'test', greedy: true });
    expect(meanReturn).toBeGreaterThan(atLeast - 1e-6);
    learner.dispose();
    policy.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

test('cloning learns several discrete actions, and refuses one that the policy does not have', async () => {
  const policy = policyFor('multi-categorical', new Echo(multiDiscrete) as AnyEnv);
  const rng = new Rng('pairs');
  const count = 500;
  const observations = new Float32Array(9 * count);
  const actions = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) {
    const action = multiDiscrete.sample(rng);
    actions.set(action, 3 * i);
    [action[0]!, 3 + action[1]! - 5, 5 + action[2]! + 1].forEach((at) => {
      observations[9 * i + at] = 1;
    });
  }
  const cloning = new BehaviorCloning({ policy, demonstrations: { observations, actions }, learningRate: 0.01 });
  for await (const _ of cloning.train({ steps: 400, rng: new Rng(0) }));
  expect(cloning.evaluate({ observations, actions })).toBeLessThan(0.05);
  cloning.dispose();
  expect(() => new BehaviorCloning({ policy, demonstrations: { observations, actions: actions.with(4, 7) } })).toThrow(
    "BehaviorCloning: demonstrations.actions[4], of pair 1, is 7, expected one of the policy's 2 actions, an integer from 5 to 6",
  );
});

test('a masked training goes on from a state to the same bytes, and its first update sees the probabilities that acted', async () => {
  const make = () => {
    const env = () => new Guarded(new MultiDiscrete([3, 4])) as AnyEnv;
    const policy = policyFor('multi-categorical', env(), { actionMask: true, hidden: [8] });
    const agent = new Ppo({
      ...{ ...common, policy, horizon: 32, epochs: 1, batchSize: 64, normalizeObservations: true },
      env: vector(env, 7, 2),
      entropyCoefficient: 0.01,
    });
    return { policy, agent };
  };
  const run = async (agent: Agent, steps: number, stopAt?: number) => {
    const reports: TrainReport[] = [];
    for await (const report of agent.train({ steps, rng: new Rng('training') })) {
      reports.push(report);
      if (report.step === stopAt) break;
    }
    return reports;
  };
  const whole = make();
  const all = await run(whole.agent, 320);
  // One update on the whole rollout: its ratios are those of the same probabilities.
  expect((all[0] as TrainReport & { largestRatio: number }).largestRatio).toBeCloseTo(1, 5);
  const first = make();
  const before = await run(first.agent, 320, 128);
  const saved = stateFromJson(stateToJson(first.agent.state())) as AgentState;
  const second = make();
  second.agent.setState(saved);
  const after = await run(second.agent, 320);
  expect([...before, ...after]).toEqual(all);
  expect(second.policy.stateDict()).toEqual(whole.policy.stateDict());
});

/** Goes round three places; each has its rewards for two actions, and the second place allows the first action alone. */
const RING = {
  rewards: [
    [1, 2],
    [0.5, 100],
    [0, -1],
  ],
  allowed: [
    [1, 1],
    [1, 0],
    [1, 1],
  ],
} as const;

class Ring extends BaseEnv<number, number> {
  readonly observationSpace = new Discrete(3);
  readonly actionSpace = new Discrete(2);
  #place = 0;

  protected begin(): ResetResult<number> {
    this.#place = this.rng.integer(0, 3);
    return [this.#place, { action_mask: RING.allowed[this.#place] }];
  }

  step(action: number): StepResult<number> {
    const { rewards, allowed } = RING;
    if (allowed[this.#place]![action] !== 1) throw new Error(`forbidden: ${action} at ${this.#place}`);
    const reward = rewards[this.#place]![action]!;
    this.#place = (this.#place + 1) % 3;
    return [this.#place, reward, false, false, { action_mask: allowed[this.#place] }];
  }
}

test.each([true, false])('values are those of the best allowed actions, beside float64; double: %s', async (double) => {
  const gamma = 0.5;
  let values = [0, 0, 0];
  for (let i = 0; i < 60; i++) {
    values = values.map((_, s) =>
      Math.max(...RING.rewards[s]!.map((r, a) => (RING.allowed[s]![a] ? r + gamma * values[(s + 1) % 3]! : -Infinity))),
    );
  }
  const policy = policyFor('q-network', new Ring() as AnyEnv, { actionMask: true }) as QNetworkPolicy;
  // What nobody ever does seems to be worth the most.
  const rows = tf.tensor2d([0, 1, 2].map((s) => [...[0, 1, 2].map((k) => Number(k === s)), ...RING.allowed[s]!]));
  const bias = policy.variables().find(({ shape }) => shape.length === 1 && shape[0] === 2)!;
  bias.assign(tf.tensor1d([0, 50]));
  const agent = new Dqn({
    ...{ ...common, policy, env: vector(() => new Ring() as AnyEnv, 9), gamma, double, learningStarts: 64 },
    ...{ learningRate: 0.01, updatesPerStep: 0.5, targetUpdateEvery: 100, explorationFraction: 1 },
  });
  for await (const _ of agent.train({ steps: 8000, rng: new Rng(0) }));
  const learned = policy.values(rows).arraySync() as number[][];
  RING.rewards.forEach((each, s) =>
    each.forEach((reward, a) => {
      if (RING.allowed[s]![a]) expect(learned[s]![a]).toBeCloseTo(reward + gamma * values[(s + 1) % 3]!, 1);
    }),
  );
  agent.dispose();
});

test('train takes the policy that such actions want, and masks them where the first info has a mask', async () => {
  const space = new MultiDiscrete([3, 4]);
  const { policy } = await train({
    env: () => new TimeLimit(new Guarded(space) as AnyEnv, 10),
    agent: 'ppo',
    agentOptions: { horizon: 64 },
    policyOptions: { hidden: [8] },
    steps: 128,
  });
  expect(policy.config).toMatchObject({ name: 'multi-categorical', options: { actionMask: true } });
  expect(policy.maskDim).toBe(7);
  policy.dispose();
  const plain = await train({ env: () => new Echo(multiBinary) as AnyEnv, agent: 'a2c', steps: 64 });
  expect(plain.policy.config).toMatchObject({ name: 'multi-categorical' });
  expect(plain.policy.maskDim).toBe(0);
  plain.policy.dispose();
  await expect(train({ env: () => new Echo(multiBinary) as AnyEnv, agent: 'sac', steps: 64 })).rejects.toThrow(
    /needs continuous actions; those of the environment are MultiBinary\(\[3\]\)/,
  );
});

test('what does not fit is refused in one line', () => {
  const env = vector(() => new Ice() as AnyEnv, 5);
  const make = (policy: Policy, from: SyncVectorEnv) => () => new Ppo({ ...ppo, policy, env: from });
  expect(make(policyFor('categorical', new Guarded(new Discrete(4)) as AnyEnv), env)).toThrow(
    'Ppo: wanted an environment with 1 observations and Discrete(4) actions, as the policy has, got 16 and Discrete(4)',
  );
  expect(make(policyFor('multi-categorical', new Echo(multiBinary) as AnyEnv), env)).toThrow(
    'wanted an environment with 3 observations and MultiBinary([3]) actions, as the policy has, got 16 and Discrete(4)',
  );
  expect(make(policyFor('multi-categorical', new Echo(multiDiscrete) as AnyEnv), env)).toThrow(
    /MultiDiscrete\(\[3, 2, 4\], start \[0, 5, -1\]\) actions/,
  );
  const masked = policyFor('categorical', new Ice() as AnyEnv, { actionMask: true });
  const agent = new Ppo({ ...ppo, policy: masked, env });
  const training = agent.train({ steps: 64, rng: new Rng(0) });
  return expect(training.next()).rejects.toThrow(
    'FlatVectorEnv: env 0: actionMask: got none, expected one for every observation, as the policy masks actions',
  );
});

class Words extends BaseEnv<string, number> {
  readonly observationSpace = new Text(9);
  readonly actionSpace = new Discrete(2);

  protected begin(): ResetResult<string> {
    return ['word', {}];
  }

  step(): StepResult<string> {
    return ['word', 0, false, false, {}];
  }
}

test('texts alone are refused when the policy, or the agent, is made', () => {
  const env = new Words() as AnyEnv;
  const wanted =
    'got a Text, which has no numbers, expected a Box, a Discrete or a Dict with one of them: a wrapper can make numbers of it';
  expect(() => policyFor('categorical', env)).toThrow(`makePolicy('categorical'): observationSpace: ${wanted}`);
  expect(() => new Ppo({ ...ppo, policy: policyFor('categorical', new Ice() as AnyEnv), env })).toThrow(
    `Ppo: the environment's observations: ${wanted}`,
  );
});
