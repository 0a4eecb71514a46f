import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  densityPolicyNames,
  makeLakePolicy,
  measureWalks,
  type PolicyName,
  type PolicySettings,
  policyNames,
} from '../../common/lake.ts';
import { lakeSchema } from '../../experiments/lake/config.ts';
import { readTuned } from '../../experiments/lake/tuned.ts';
import { registry } from '../../experiments/registry.ts';
import { Policy, Rng, type SampledAction } from '../../src/index.ts';
import { hasDensity } from '../../src/policies/actionDistributions.ts';
import { oxbowOn } from '../cli/fixture/oxbow.ts';
import { runStudy } from './runStudy.ts';

/** Walks in one fixed direction. */
class Compass extends Policy {
  readonly featureDim = 2;
  readonly actionDim = 2;
  readonly direction: [number, number];

  constructor(direction: [number, number]) {
    super();
    this.direction = direction;
  }

  protected distribution(features: tf.Tensor) {
    const action = (): tf.Tensor => tf.tile(tf.tensor2d([this.direction]), [features.shape[0]!, 1]);
    return {
      reparameterized: false,
      sampleWithLogProb: (): SampledAction => ({
        action: action(),
        latent: action(),
        logProb: tf.zeros([features.shape[0]!]),
      }),
      logProb: (latent: tf.Tensor) => tf.zeros([latent.shape[0]!]),
      squash: (latent: tf.Tensor) => latent,
      unsquash: (latent: tf.Tensor) => latent,
    };
  }
}

describe('measureWalks', () => {
  const measure = (direction: [number, number]) =>
    measureWalks({ env: 'Lake-v0', policy: new Compass(direction), episodes: 20, keep: 3, rng: new Rng(0) });

  test('straight on is into the water', () => {
    const { metrics, walks } = measure([1, 0]);
    expect(metrics).toMatchObject({
      drownRate: 1,
      homeRate: 0,
      upperShare: null,
      modeBalance: null,
      modeEntropy: null,
    });
    // The shore is 0.8 from the start: five strides of 0.15 stay dry, the sixth drowns.
    expect(metrics.return).toBeCloseTo(-1 - 6 * 0.005, 5);
    expect(walks).toHaveLength(3);
    expect(walks[0]!.outcome).toBe('drowned');
    expect(walks[0]!.positions.slice(0, 4)).toEqual([-1.5, 0, -1.35, 0]);
    expect(walks[0]!.positions.at(-2)).toBeCloseTo(-0.7, 2);
  });

  test('away from the lake is out of time', () => {
    const { metrics, walks } = measure([-1, 0]);
    expect(metrics).toMatchObject({ drownRate: 0, homeRate: 0 });
    expect(metrics.return).toBeCloseTo(-60 * 0.005, 5);
    expect(walks[0]!.outcome).toBe('timeout');
  });
});

test('the policies have numbers of parameters within 10 % of each other, with the settings in use', () => {
  for (const [study, env, scale] of [
    ['cloning', 'LakeStride-v0', 'state'],
    ['ppo', 'Lake-v0', 'free'],
  ] as const) {
    const counts = Object.entries(readTuned()[study]![env]!).map(([name, { policy: settings }]) => {
      const policy = makeLakePolicy(name as PolicyName, {
        env,
        settings: settings as PolicySettings,
        rng: new Rng(0),
        scale,
      });
      const count = policy.parameterCount();
      policy.dispose();
      return count;
    });
    expect(Math.max(...counts) / Math.min(...counts)).toBeLessThan(1.1);
  }
});

test('the classes that are said to have a density have one, and no others', () => {
  for (const name of policyNames) {
    const policy = makeLakePolicy(name, { env: 'Lake-v0', settings: {}, rng: new Rng(0), scale: 'state' });
    expect(hasDensity(policy), name).toBe(densityPolicyNames.some((other) => other === name));
    policy.dispose();
  }
});

test('batches that nothing can fill are refused, with what would do', () => {
  const issue = (config: object) => lakeSchema.safeParse(config).error?.issues[0];
  expect(issue({ tuned: { ppo: { 'Lake-v0': { spline: { batchSize: 100_000 } } } } })).toMatchObject({
    path: ['tuned', 'ppo', 'Lake-v0', 'spline', 'batchSize'],
    message: 'at most the 256 × 8 = 2048 steps of a rollout (horizon × envs)',
  });
  const few = { demonstrations: 10, batchSize: 31 };
  expect(issue({ cloning: few })).toMatchObject({ path: ['cloning', 'batchSize'], message: /^at most 30,/ });
  expect(issue({ cloning: few, environments: ['Lake-v0'] })).toBeUndefined();
  expect(issue({ cloning: few, studies: ['ppo'] })).toBeUndefined();
  const short = { soft: { lake: { envs: 1, horizon: 64 } } };
  for (const study of ['soft', 'blocked']) {
    expect(issue({ ...short, studies: [study] })).toMatchObject({
      path: ['tuned', 'soft', 'LakeStride-v0', 'gaussian', 'batchSize'],
      message: /^at most the 64 × 1 = 64 steps/,
    });
  }
  expect(issue({ ...short, studies: ['cloning'] })).toBeUndefined();
});

describe('oxbow run lake', () => {
  test('the same seeds give the same results on every machine, with the documented fields', async () => {
    const few = ['--study', 'E0,cloning', '--seeds', '0,1', '--policies', 'gaussian,spline'];
    const small = ['cloning.steps=40', 'cloning.demonstrations=30', 'cloning.batchSize=64', 'evaluationEpisodes=50'];
    const short = ['cloning.bandit.steps=40', 'ppo.steps=512', 'ppo.horizon=64'];
    const { out, summary } = await runStudy('lake', few, [...small, ...short]);
    expect(summary.experiments.E1).toMatchObject({
      question: expect.any(String),
      answer: expect.stringMatching(/drowns in/),
    });
    expect(summary).toMatchObject({ experiment: 'lake', engine: 'auto', backend: 'cpu', seeds: [0, 1] });
    // Another one is right only where numerics, settings or what a job leaves were meant to change.
    expect(summary.fingerprint).toBe('2a2fb75fc6a427155efaae2399ff05e813875f93453f227e660f50218aeb77aa');
    expect((await oxbowOn(registry, 'report', out, '--tables')).stdout).toContain('Cloning, LakeStride-v0');
  });
});
