import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Agent,
  type AgentState,
  Dqn,
  evaluate,
  Ppo,
  Sac,
  stateFromJson,
  stateToJson,
  Td3,
  type TrainReport,
} from '../../agents/index.ts';
import {
  type AnyEnv,
  BaseEnv,
  Box,
  Discrete,
  type ResetResult,
  type StepResult,
  SyncVectorEnv,
  TimeLimit,
} from '../../envs/index.ts';
import { makePolicy, type Policy, type QNetworkPolicy, Rng, type RngState } from '../../src/index.ts';

const images = new Box({ low: 0, high: 255, shape: [8, 8, 3], dtype: 'uint8' });

/** 4 × 4 places, of 2 × 2 pixels each: a red one that moves, and a bright one to be reached, which pays 1. */
class Walk extends BaseEnv<Uint8Array, number> {
  readonly observationSpace = images;
  readonly actionSpace = new Discrete(4);
  #at = 0;
  #goal = 0;

  #see(): Uint8Array {
    const image = new Uint8Array(192);
    const paint = (place: number, channels: readonly number[]) => {
      const [row, column] = [2 * Math.floor(place / 4), 2 * (place % 4)];
      for (const pixel of [0, 1, 8, 9]) for (const c of channels) image[3 * (8 * row + column + pixel) + c] = 255;
    };
    paint(this.#goal, [0, 1, 2]);
    paint(this.#at, [0]);
    return image;
  }

  protected begin(): ResetResult<Uint8Array> {
    this.#at = this.rng.integer(0, 16);
    this.#goal = (this.#at + this.rng.integer(1, 16)) % 16;
    return [this.#see(), {}];
  }

  step(action: number): StepResult<Uint8Array> {
    const [down, right] = [[-1, 1, 0, 0][action]!, [0, 0, -1, 1][action]!];
    const clip = (value: number) => Math.min(3, Math.max(0, value));
    this.#at = 4 * clip(Math.floor(this.#at / 4) + down) + clip((this.#at % 4) + right);
    const isThere = this.#at === this.#goal;
    return [this.#see(), isThere ? 1 : -0.05, isThere, false, {}];
  }

  state(): { rng: RngState; at: number; goal: number } {
    return { rng: this.rng.state(), at: this.#at, goal: this.#goal };
  }

  setState({ rng, at, goal }: { rng: RngState; at: number; goal: number }): void {
    this.rng = Rng.fromState(rng);
    this.#at = at;
    this.#goal = goal;
  }
}

/** A bright pixel, and an action that is to point at it: −|a − position|, both in [−1, 1]². */
class Point extends BaseEnv<Uint8Array, Float32Array> {
  readonly observationSpace = images;
  readonly actionSpace = new Box({ low: -1, high: 1, shape: [2] });
  #row = 0;
  #column = 0;

  #show(): Uint8Array {
    this.#row = this.rng.integer(0, 8);
    this.#column = this.rng.integer(0, 8);
    const image = new Uint8Array(192);
    return image.fill(255, 3 * (8 * this.#row + this.#column)).fill(0, 3 * (8 * this.#row + this.#column) + 3);
  }

  protected begin(): ResetResult<Uint8Array> {
    return [this.#show(), {}];
  }

  step(action: Float32Array): StepResult<Uint8Array> {
    const error = Math.hypot(action[0]! - (this.#row / 3.5 - 1), action[1]! - (this.#column / 3.5 - 1));
    return [this.#show(), -error, false, false, {}];
  }

  state(): { rng: RngState; row: number; column: number } {
    return { rng: this.rng.state(), row: this.#row, column: this.#column };
  }

  setState({ rng, row, column }: { rng: RngState; row: number; column: number }): void {
    this.rng = Rng.fromState(rng);
    this.#row = row;
    this.#column = column;
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
    hidden: [32],
    rng: new Rng('policy'),
    ...options,
  });
};
const common = { rng: new Rng('agent'), gamma: 0.9 };
const replay = { batchSize: 64, learningStarts: 200, learningRate: 1e-3, reportEvery: 250 };
const squashed = { squash: 'tanh', scale: 'state', activation: 'relu' };

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
  PPO: {
    make: () => new Walk() as AnyEnv,
    limit: 20,
    steps: 12_000,
    policy: ['categorical'],
    agent: (parts) => new Ppo({ ...common, ...parts, horizon: 64, epochs: 4, learningRate: 1e-3, valueHidden: [32] }),
    // On average there are 2.67 steps to the goal, of which all but the last cost 0.05.
    atLeast: 0.85,
  },
  'PPO with a flow': {
    make: () => new Point() as AnyEnv,
    limit: 8,
    steps: 12_000,
    policy: ['spline', { layers: 1, bins: 4 }],
    agent: (parts) => new Ppo({ ...common, ...parts, gamma: 0, horizon: 64, epochs: 4, learningRate: 1e-3 }),
    // Of the point in the middle it is −6.5.
    atLeast: -2.5,
  },
  DQN: {
    make: () => new Walk() as AnyEnv,
    limit: 20,
    steps: 5000,
    policy: ['q-network'],
    agent: ({ policy, env }) =>
      new Dqn({
        ...{ ...common, ...replay, env, policy: policy as QNetworkPolicy, updatesPerStep: 0.25 },
        ...{ tau: 1, targetUpdateEvery: 100, explorationFraction: 0.5, bufferSize: 5000 },
      }),
    atLeast: 0.85,
  },
  SAC: {
    make: () => new Point() as AnyEnv,
    limit: 8,
    steps: 3000,
    policy: ['gaussian', squashed],
    agent: (parts) =>
      new Sac({
        ...common,
        ...replay,
        ...parts,
        gamma: 0,
        updatesPerStep: 0.25,
        criticHidden: [32],
        initialTemperature: 0.1,
      }),
    atLeast: -2.5,
  },
  TD3: {
    make: () => new Point() as AnyEnv,
    limit: 8,
    steps: 2000,
    policy: ['gaussian', { squash: 'tanh', activation: 'relu' }],
    agent: (parts) => new Td3({ ...common, ...replay, ...parts, gamma: 0, updatesPerStep: 0.25, criticHidden: [32] }),
    atLeast: -2.5,
  },
};

describe.each(Object.entries(cases))('%s on images', (_, { make, limit, steps, policy: [name, options], ...given }) => {
  const agentOf = (policy: Policy) => given.agent({ policy, env: vector(make, limit) });
  let trained: { tensors: number; policy: Policy; learner: Agent; reports: TrainReport[]; cut: AgentState };
  beforeAll(async () => {
    const tensors = tf.memory().numTensors;
    const policy = policyFor(name, make(), options);
    const learner = agentOf(policy);
    const reports: TrainReport[] = [];
    let cut = learner.state();
    for await (const report of learner.train({ steps, rng: new Rng(0) })) {
      reports.push(report);
      // At the last but one.
      if (report.step < steps) cut = learner.state();
    }
    trained = { tensors, policy, learner, reports, cut };
  });

  test('goes on from a state to the same bytes', async () => {
    const { learner, reports, cut } = trained;
    const policy = policyFor(name, make(), options);
    const resumed = agentOf(policy);
    resumed.setState(stateFromJson(stateToJson(cut)) as AgentState);
    const last: TrainReport[] = [];
    for await (const report of resumed.train({ steps, rng: new Rng(0) })) last.push(report);
    expect(last).toEqual(reports.slice(-1));
    // Not as texts of megabytes, of which a difference would be printed.
    expect(stateToJson(resumed.state()) === stateToJson(learner.state())).toBe(true);
    resumed.dispose();
    policy.dispose();
  });

  test('learns, leaks no tensors, and gives all back', () => {
    const { tensors, policy, learner } = trained;
    expect(policy.config!.options.encoder).toBe('small');
    const { meanReturn } = evaluate({ policy, env: vector(make, limit, 16), seed: 'test', greedy: true });
    expect(meanReturn).toBeGreaterThan(given.atLeast);
    learner.dispose();
    policy.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
