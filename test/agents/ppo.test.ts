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

  test.each(['gaussian', 'mixture', 'spline'])(
    'the weight of the KL holds a policy to the one that acted: %s',
    async (name) => {
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
    },
  );

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
  });

  test.each([
    [{ epochs: -1 }, 'Ppo: epochs: got -1, expected an integer > 0: passes over a rollout'],
    [{ epochs: 0 }, 'Ppo: epochs: got 0, expected an integer > 0: passes over a rollout'],
    [{ horizon: 1.5 }, 'Ppo: horizon: got 1.5, expected an integer: steps of each environment per update'],
    [{ batchSize: 0 }, 'Ppo: batchSize: got 0, expected an integer > 0: size of a minibatch'],
    [
      { batchSize: 257 },
      'Ppo: batchSize: got 257, expected at most the 32 × 8 = 256 steps of a rollout (horizon × environments)',
    ],
    [
      { learningRate: Number.NaN },
      'Ppo: learningRate: got NaN, expected a number ≥ 0, { linear: [first, last] }, or a function of the share of the training that is done',
    ],
    [
      { clip: -1 },
      'Ppo: clip: got -1, expected a number ≥ 0, { linear: [first, last] }, or a function of the share of the training that is done',
    ],
    [{ gamma: 2 }, 'Ppo: gamma: got 2, expected a number ≤ 1: γ, the discount of a step'],
    [{ lambda: -0.1 }, 'Ppo: lambda: got -0.1, expected a number ≥ 0: λ of the generalized advantages'],
    [
      { entropyCoefficient: Number.NaN },
      'Ppo: entropyCoefficient: got NaN, expected a number: c_e, the weight of the entropy bonus in the loss',
    ],
    [
      { maxGradientNorm: 0 },
      'Ppo: maxGradientNorm: got 0, expected a number > 0: largest global norm of each gradient',
    ],
    [
      { klCoefficient: -1 },
      'Ppo: klCoefficient: got -1, expected a number ≥ 0: β, the weight of KL(π_old ‖ π) in the loss',
    ],
    [
      { targetKl: -1 },
      'Ppo: targetKl: got -1, expected a number > 0: largest KL by which one rollout should move the policy',
    ],
    [
      { shapeRate: -1 },
      "Ppo: shapeRate: got -1, expected a number ≥ 0: rate of the variables that shape the policy's noise, as a share of the learning rate",
    ],
    [{ valueClip: 0 }, "Ppo: valueClip: got 0, expected a number > 0: ε_v, to which the value's steps are clipped"],
    [
      { valueLearningRate: -1 },
      'Ppo: valueLearningRate: got -1, expected a number ≥ 0, { linear: [first, last] }, or a function of the share of the training that is done',
    ],
    [
      { normalizeAdvantages: 1 },
      'Ppo: normalizeAdvantages: got 1, expected a boolean: whether advantages are brought to mean 0, variance 1 in each minibatch',
    ],
    [
      { valueHidden: [16, 0] },
      'Ppo: valueHidden.1: got 0, expected an integer > 0: widths of the hidden layers of the value network',
    ],
    [{ env: undefined }, 'Ppo: env: got undefined, expected a VectorEnv or an Env'],
    [{ rng: 3 }, 'Ppo: rng: got 3, expected an Rng'],
    [{ policy: new Rng(0) }, 'Ppo: policy: got a Rng, expected a Policy'],
    [{ learningrate: 1e-3 }, /^Ppo: learningrate: unknown option, expected one of .* \(did you mean learningRate\?\)$/],
  ])('refuses %o in one line', (wrong, message) => {
    const given = { ...options(policies.gaussian!()), ...wrong } as PpoOptions;
    expect(() => new Ppo(given)).toThrow(typeof message === 'string' ? new Error(message) : message);
  });

  test('an option that is undefined is one that was not given', async () => {
    const agent = new Ppo(options(policies.gaussian!(), { targetKl: undefined, clip: undefined }));
    expect((await run(agent, 256))[0]!.updates).toBe(16);
    agent.dispose();
  });

  test('a schedule must give numbers', async () => {
    const agent = new Ppo(
      options(policies.gaussian!(), { learningRate: (share) => (share === 0 ? 0.01 : Number.NaN) }),
    );
    await expect(run(agent, 512)).rejects.toThrow(
      'Ppo: learningRate: the schedule gave NaN at 0.5, expected a number ≥ 0',
    );
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

  test('a reward or observation that is no number names the environment', async () => {
    class Broken extends Target {
      override step(action: Float32Array): StepResult {
        const [observation, , ...rest] = super.step(action);
        return [observation, Number.NaN, ...rest];
      }
    }
    const env = new SyncVectorEnv([() => new Target(), () => new Broken()], { autoresetMode: 'sameStep' });
    const agent = new Ppo(options(policies.gaussian!(), { env }));
    await expect(run(agent, 64)).rejects.toThrow(
      'SyncVectorEnv: env 1 (Broken), step 1: step() must give a finite number as reward, got NaN',
    );
    agent.dispose();
    class Blind extends Target {
      protected override begin(): ResetResult {
        return [Float32Array.of(Number.POSITIVE_INFINITY), {}];
      }
    }
    const blind = new Ppo(options(policies.gaussian!(), { env: new Blind(), batchSize: 8 }));
    await expect(run(blind, 64)).rejects.toThrow('environment 0 gave Infinity in its observation');
    blind.dispose();
  });
});
