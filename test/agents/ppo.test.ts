import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { type AgentState, Ppo, type PpoOptions, stateFromJson, stateToJson } from '../../agents/index.ts';
import { BaseEnv, Box, makeVec, type ResetResult, type StepResult, SyncVectorEnv } from '../../envs/index.ts';
import { boxSquash, FlowPolicy, GaussianPolicy, neuralSplineFlow, type Policy, Rng } from '../../src/index.ts';

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

const targets = (count = 8) =>
  new SyncVectorEnv(
    Array.from({ length: count }, () => () => new Target()),
    { autoresetMode: 'sameStep' },
  );
const DIMS = { observationDim: 1, actionDim: 1 };
const squash = boxSquash({ low: [-2], high: [2] });
const policies: Record<string, () => Policy> = {
  gaussian: () => new GaussianPolicy({ ...DIMS, hidden: [16], scale: 'free', rng: new Rng('policy') }),
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

  test.each([
    ['too small', 1e-4],
    ['too large', 0.2],
  ])('a desired KL makes rollouts move the policy that far, from a rate that is %s', async (_, learningRate) => {
    const moved = async (desiredKl?: number) => {
      const agent = new Ppo(options(policies.gaussian!(), { desiredKl, klCoefficient: 0, learningRate }));
      const reports = await run(agent, 256 * 24);
      agent.dispose();
      return reports.map(({ approxKl, policyUpdates }) => (policyUpdates < 16 ? Number.POSITIVE_INFINITY : approxKl));
    };
    const isNear = (kl: number) => kl > 0.01 / 2 / 1.5 ** 2 && kl < 0.01 * 2 * 1.5 ** 2;
    const followed = await moved(0.01);
    expect(followed.slice(-8).filter(isNear).length).toBeGreaterThanOrEqual(6);
    expect((await moved()).slice(-8).filter(isNear)).toHaveLength(0);
  });

  test('stopped and resumed goes on with the factor that the KL has brought the rate to', async () => {
    const env = () => makeVec('SoftBandit-v0', { numEnvs: 8 });
    const given = { desiredKl: { linear: [0.01, 0] }, learningRate: 0.2 } as const;
    const make = () => new Ppo(options(policies.spline!(), { ...given, env: env() }));
    const [whole, left, resumed] = [make(), make(), make()];
    const reports = await run(whole, 256 * 6);
    const training = left.train({ steps: 256 * 6, rng: new Rng(0) });
    for (let i = 0; i < 3; i++) await training.next();
    resumed.setState(stateFromJson(stateToJson(left.state())) as AgentState);
    expect(await run(resumed, 256 * 6)).toEqual(reports.slice(3));
    expect(resumed.state()).toEqual(whole.state());
    expect(resumed.state().parts.klStep).toBeLessThan(1);
    expect(() => resumed.setState({ ...left.state(), parts: { ...left.state().parts, klStep: 0 } })).toThrow(
      "the part 'klStep' does not fit this agent: wanted a factor > 0, got 0",
    );
    // Another training begins anew.
    await run(whole, 256);
    expect(whole.state().parts.klStep).not.toBeLessThan(2 / 3);
    for (const agent of [whole, left, resumed]) agent.dispose();
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

  const wrong = {
    ...{ epochs: 0, horizon: 1.5, batchSize: 257, learningRate: Number.NaN, clip: -1, gamma: 2, lambda: -0.1 },
    ...{
      entropyCoefficient: Number.NaN,
      maxGradientNorm: 0,
      klCoefficient: -1,
      targetKl: -1,
      shapeRate: -1,
      desiredKl: -1,
    },
    ...{ valueClip: 0, valueLearningRate: -1, normalizeAdvantages: 1, valueHidden: [16, 0], env: undefined, rng: 3 },
    ...{ policy: new Rng(0), learningrate: 1e-3 },
  };
  test.each(Object.entries(wrong))('refuses %s of %s in one line', (name, value) => {
    const given = { ...options(policies.gaussian!()), [name]: value };
    expect(() => new Ppo(given)).toThrow(new RegExp(`^Ppo: ${name}(\\.1)?: [^\n]+$`));
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
