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
  test.each(['mixture', 'realnvp', 'spline'])('learns the target of each observation: %s', async (name) => {
    const policy = policies[name]!();
    const agent = new Ppo(options(policy, { learningRate: linearSchedule(0.01) }));
    await run(agent, 4000);
    const test = { policy, env: targets(200), episodes: 200, rng: new Rng('evaluation'), greedy: true, candidates: 16 };
    expect(evaluate(test).meanReturn).toBeGreaterThan(-0.15);
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
    const value = agent.value.of(tf.zeros([1, 1])).dataSync()[0]!;
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

  test('an entropy bonus keeps a policy wide, with and without an exact entropy', async () => {
    for (const name of ['gaussian', 'spline']) {
      const entropyAfter = async (entropyCoefficient: number) => {
        const agent = new Ppo(options(policies[name]!(), { entropyCoefficient, learningRate: linearSchedule(0.005) }));
        const reports = await run(agent, 5000);
        agent.dispose();
        return reports.at(-1)!.entropy;
      };
      expect(await entropyAfter(1)).toBeGreaterThan((await entropyAfter(0)) + 0.3);
    }
  });

  test('a target KL bounds how far the policy moves in a rollout, undoes what went too far, and lets the value learn on', async () => {
    const trained = async (targetKl: number | null, epochs: number) => {
      const policy = policies.gaussian!();
      const agent = new Ppo(options(policy, { targetKl, klCoefficient: 0, epochs, learningRate: 0.02 }));
      const [report] = await run(agent, 256);
      const states = { policy: policy.stateDict(), value: agent.value.stateDict() };
      agent.dispose();
      return { report: report!, ...states };
    };
    const free = await trained(null, 10);
    expect(free.report).toMatchObject({ updates: 40, policyUpdates: 40 });
    expect(free.report.largestKl).toBeGreaterThan(0.2);
    expect(free.report.largestRatio).toBeGreaterThan(1.5);
    const bounded = await trained(0.02, 10);
    expect(bounded.report.updates).toBe(40);
    expect(bounded.report.policyUpdates).toBeLessThan(40);
    expect(bounded.report.largestKl).toBeLessThanOrEqual(0.03);
    expect(bounded.report.approxKl).toBeLessThan(bounded.report.largestKl);
    expect(bounded.value).toEqual(free.value);
    expect(bounded.policy).not.toEqual(free.policy);
    // Further epochs change nothing of the policy once it has stopped.
    const longer = await trained(0.02, 12);
    expect(longer.policy).toEqual(bounded.policy);
  });

  test.each(['gaussian', 'spline'])('the weight of the KL holds a policy to the one that acted: %s', async (name) => {
    const moved = async (klCoefficient: number) => {
      const policy = policies[name]!();
      const agent = new Ppo(
        options(policy, { klCoefficient, epochs: 40, batchSize: 256, targetKl: null, learningRate: 0.03 }),
      );
      const [report] = await run(agent, 256);
      agent.dispose();
      policy.dispose();
      return report!.approxKl;
    };
    const [free, held, tight] = [await moved(0), await moved(0.5), await moved(5)];
    expect(held).toBeLessThan(0.9 * free);
    expect(tight).toBeLessThan(0.75 * held);
  });

  test('a temperature rewards the entropy to come: where rewards say nothing, the policy grows wide, and V is its worth', async () => {
    const env = new SyncVectorEnv(
      Array.from({ length: 8 }, () => () => new TimeLimit(new Forever(), 5)),
      { autoresetMode: 'sameStep' },
    );
    const agent = new Ppo(
      options(policies.gaussian!(), { env, temperature: 0.5, gamma: 0.5, learningRate: 0, valueLearningRate: 0.02 }),
    );
    const reports = await run(agent, 8000);
    // r − τ log π is 1 + ½ H in the mean, for ever; H of N(0, 1) is ½ log 2πe.
    const worth = (1 + 0.5 * 0.5 * Math.log(2 * Math.PI * Math.E)) / (1 - 0.5);
    expect(agent.value.of(tf.zeros([1, 1])).dataSync()[0]! / worth).toBeCloseTo(1, 1);
    expect(reports.at(-1)!.entropy).toBeCloseTo(0.5 * Math.log(2 * Math.PI * Math.E), 4);
    agent.dispose();
    const entropyAfter = async (temperature: number) => {
      const learner = new Ppo(options(policies.spline!(), { temperature, learningRate: linearSchedule(0.005) }));
      const last = (await run(learner, 5000)).at(-1)!;
      learner.dispose();
      return last.entropy;
    };
    expect(await entropyAfter(1)).toBeGreaterThan((await entropyAfter(0)) + 0.3);
  });

  test('no tensor leaks over 96 updates, and dispose gives back all of the rest', async () => {
    const start = tf.memory().numTensors;
    const policy = policies.gaussian!();
    const agent = new Ppo(options(policy));
    const counts: number[] = [];
    for await (const _ of agent.train({ steps: 256 * 6, rng: new Rng(0) })) counts.push(tf.memory().numTensors);
    expect(counts.at(-1)).toBe(counts[1]);
    agent.dispose();
    policy.dispose();
    // The squash of the shared policies holds no variables.
    expect(tf.memory().numTensors).toBe(start);
  });

  test.each<object>([
    { epochs: 0 },
    { horizon: 1.5 },
    { batchSize: 257 },
    { learningRate: Number.NaN },
    { clip: -1 },
    { gamma: 2 },
    { lambda: -0.1 },
    { entropyCoefficient: Number.NaN },
    { maxGradientNorm: 0 },
    { klCoefficient: -1 },
    { targetKl: -1 },
    { shapeRate: -1 },
    { valueClip: 0 },
    { valueLearningRate: -1 },
    { normalizeAdvantages: 1 },
    { valueHidden: [16, 0] },
    { env: undefined },
    { rng: 3 },
    { policy: new Rng(0) },
    { learningrate: 1e-3 },
  ])('refuses %o in one line', (wrong) => {
    const given = { ...options(policies.gaussian!()), ...wrong } as PpoOptions;
    expect(() => new Ppo(given)).toThrow(new RegExp(`^Ppo: ${Object.keys(wrong)[0]}(\\.1)?: [^\n]+$`));
  });

  test('refuses an environment that does not fit', () => {
    const policy = new GaussianPolicy({ observationDim: 3, actionDim: 1, rng: new Rng(0) });
    expect(() => new Ppo(options(policy))).toThrow(/3 observations and a Box of 1 actions.*got 1 and a Box of 1/);
    const env = new SyncVectorEnv([() => new Target()], { autoresetMode: 'nextStep' });
    expect(() => new Ppo(options(policies.gaussian!(), { env }))).toThrow(/'sameStep', got 'nextStep'/);
  });

  test('a schedule must give numbers', async () => {
    const agent = new Ppo(
      options(policies.gaussian!(), { learningRate: (share) => (share === 0 ? 0.01 : Number.NaN) }),
    );
    await expect(run(agent, 512)).rejects.toThrow('Ppo: learningRate: the schedule gave NaN at 0.5');
    agent.dispose();
  });

  test('a single environment will do, and minibatches of one step', async () => {
    const agent = new Ppo(options(policies.gaussian!(), { env: new Target(), batchSize: 1 }));
    const [report] = await run(agent, 32);
    expect(report).toMatchObject({ step: 32, updates: 4 * 32 });
    expect(report!.episodes).toHaveLength(32);
    // An advantage that is not normalized away moves the policy.
    expect(report!.approxKl).toBeGreaterThan(1e-4);
    agent.dispose();
  });
});
