import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { evaluate, Ppo, type PpoOptions } from '../../agents/index.ts';
import { BaseEnv, Box, type ResetResult, type StepResult, SyncVectorEnv, TimeLimit } from '../../envs/index.ts';
import {
  boxSquash,
  FlowPolicy,
  GaussianPolicy,
  linearSchedule,
  MixturePolicy,
  neuralSplineFlow,
  type Policy,
  Rng,
  realNvp,
} from '../../src/index.ts';

/** One step an episode; reward −(a − target)², the target a function of the observation. */
class Target extends BaseEnv<Float32Array, Float32Array> {
  readonly observationSpace = new Box({ low: -1, high: 1, shape: [1] });
  readonly actionSpace = new Box({ low: -2, high: 2, shape: [1] });
  #observation = new Float32Array(1);

  protected begin(): ResetResult {
    this.#observation = Float32Array.of(this.rng.uniform() < 0.5 ? -1 : 1);
    return [this.#observation, {}];
  }

  step(action: Float32Array): StepResult {
    const error = action[0]! - 0.8 * this.#observation[0]!;
    return [this.#observation, -(error ** 2), true, false, { outcome: error > 0 ? 'above' : 'below' }];
  }
}

/** Reward 1 for ever; only a time limit ends an episode. */
class Forever extends BaseEnv<Float32Array, Float32Array> {
  readonly observationSpace = new Box({ low: 0, high: 1, shape: [1] });
  readonly actionSpace = new Box({ low: -1, high: 1, shape: [1] });

  protected begin(): ResetResult {
    return [new Float32Array(1), {}];
  }

  step(): StepResult {
    return [new Float32Array(1), 1, false, false, {}];
  }
}

const targets = (count = 8) =>
  new SyncVectorEnv(
    Array.from({ length: count }, () => () => new Target()),
    { autoresetMode: 'sameStep' },
  );
const DIMS = { observationDim: 1, actionDim: 1 };
const squash = boxSquash({ low: [-2], high: [2] });
const policies: Record<string, () => Policy> = {
  gaussian: () => new GaussianPolicy({ ...DIMS, hidden: [16], scale: 'free', rng: new Rng('policy') }),
  'tanh-gaussian': () => new GaussianPolicy({ ...DIMS, hidden: [16], squash, rng: new Rng('policy') }),
  mixture: () => new MixturePolicy({ ...DIMS, hidden: [16], rng: new Rng('policy') }),
  realnvp: () => new FlowPolicy({ flow: realNvp({ dim: 1, contextDim: 1, layers: 1, hidden: [16], rng: new Rng(0) }) }),
  spline: () =>
    new FlowPolicy({
      flow: neuralSplineFlow({ dim: 1, contextDim: 1, layers: 1, hidden: [16], rng: new Rng(0) }),
      squash,
    }),
};

const options = (policy: Policy, more: Partial<PpoOptions> = {}): PpoOptions => ({
  policy,
  env: targets(),
  rng: new Rng('agent'),
  horizon: 32,
  epochs: 4,
  batchSize: 64,
  learningRate: 0.01,
  valueHidden: [16],
  ...more,
});

async function run(agent: Ppo, steps: number, seed = 0) {
  const reports = [];
  for await (const report of agent.train({ steps, rng: new Rng(seed) })) reports.push(report);
  return reports;
}

describe('Ppo', () => {
  test.each(Object.keys(policies))('learns the target of each observation: %s', async (name) => {
    const policy = policies[name]!();
    const agent = new Ppo(options(policy, { learningRate: linearSchedule(0.01) }));
    const reports = await run(agent, 4000);
    const mean = (episodes: (typeof reports)[0]['episodes']) =>
      episodes.reduce((sum, episode) => sum + episode.return, 0) / episodes.length;
    expect(mean(reports[0]!.episodes)).toBeLessThan(-0.5);
    const evaluated = evaluate({ policy, env: targets(200), rng: new Rng('evaluation'), greedyCandidates: 16 });
    expect(mean(evaluated)).toBeGreaterThan(-0.15);
    agent.dispose();
    policy.dispose();
  });

  test('a time limit is no end: the value of rewards 1 for ever is 1 / (1 − γ)', async () => {
    const env = new SyncVectorEnv(
      Array.from({ length: 4 }, () => () => new TimeLimit(new Forever(), 5)),
      { autoresetMode: 'sameStep' },
    );
    const agent = new Ppo(
      options(policies.gaussian!(), { env, gamma: 0.8, lambda: 0.9, horizon: 16, learningRate: 0.02 }),
    );
    await run(agent, 8000);
    const value = agent.value.apply(tf.zeros([1, 1])).dataSync()[0]!;
    expect(value).toBeGreaterThan(4.7);
    expect(value).toBeLessThan(5.3);
    agent.dispose();
  });

  test('reports episodes with their last info, and figures in their ranges', async () => {
    const agent = new Ppo(options(policies.spline!()));
    const [report] = await run(agent, 256);
    expect(report!.step).toBe(256);
    expect(report!.updates).toBe(16);
    expect(report!.episodes).toHaveLength(256);
    expect(report!.episodes.every(({ length, info }) => length === 1 && /above|below/.test(info.outcome!))).toBe(true);
    expect(report!.clipFraction).toBeGreaterThanOrEqual(0);
    expect(report!.clipFraction).toBeLessThanOrEqual(1);
    expect(report!.approxKl).toBeGreaterThan(-1e-6);
    expect(report!.explainedVariance).toBeLessThanOrEqual(1);
    agent.dispose();
  });

  test('the same seed gives the same reports, to the bit; another does not', async () => {
    const once = async (seed: number) => {
      const agent = new Ppo(options(policies.spline!()));
      const reports = await run(agent, 512, seed);
      agent.dispose();
      return reports;
    };
    const first = await once(0);
    expect(await once(0)).toEqual(first);
    expect(await once(1)).not.toEqual(first);
  });

  test('an entropy bonus keeps a policy wide, with and without an exact entropy', async () => {
    for (const name of ['gaussian', 'spline']) {
      const entropyAfter = async (entropyCoefficient: number) => {
        const agent = new Ppo(options(policies[name]!(), { entropyCoefficient }));
        const reports = await run(agent, 5000);
        agent.dispose();
        return reports.at(-1)!.entropy;
      };
      expect(await entropyAfter(1)).toBeGreaterThan((await entropyAfter(0)) + 0.3);
    }
  });

  test('a target KL ends the epochs of a rollout', async () => {
    const agent = new Ppo(options(policies.gaussian!(), { targetKl: 1e-6, epochs: 10 }));
    const [report] = await run(agent, 256);
    expect(report!.updates).toBeLessThan(40);
    agent.dispose();
  });

  test('no tensor leaks over 200 updates, and dispose gives back all of the rest', async () => {
    const start = tf.memory().numTensors;
    const policy = policies.gaussian!();
    const agent = new Ppo(options(policy));
    const counts: number[] = [];
    for await (const _ of agent.train({ steps: 256 * 15, rng: new Rng(0) })) counts.push(tf.memory().numTensors);
    expect(counts.at(-1)).toBe(counts[1]);
    agent.dispose();
    policy.dispose();
    // The squash of the shared policies holds no variables.
    expect(tf.memory().numTensors).toBe(start);
  });

  test('an environment that does not fit is an error that says what was wanted', () => {
    const policy = new GaussianPolicy({ observationDim: 3, actionDim: 1, rng: new Rng(0) });
    expect(() => new Ppo(options(policy))).toThrow(/3 observations and a Box of 1 actions.*got 1 and a Box of 1/);
    const env = new SyncVectorEnv([() => new Target()], { autoresetMode: 'nextStep' });
    expect(() => new Ppo(options(policies.gaussian!(), { env }))).toThrow(/'sameStep', got 'nextStep'/);
    expect(() => new Ppo(options(policies.gaussian!(), { horizon: 2 }))).toThrow(
      /2 × 8 steps is smaller than a batch of 64/,
    );
  });
});
