import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../../../cli/experiment/config.ts';
import { modeEntropy } from '../../../common/lake.ts';
import { collectDemonstrations } from '../../../envs/index.ts';
import { makeBanditPolicy } from '../../../experiments/lake/bandit.ts';
import {
  banditDataDensity,
  cloningSettings,
  type DemonstratedStartOptions,
  demonstratedStart,
  divergence,
} from '../../../experiments/lake/cloneJobs.ts';
import { type LakeConfig, lakeSchema } from '../../../experiments/lake/config.ts';
import { lake } from '../../../experiments/lake/lake.ts';
import { bankMasses, bestMinimaxGaussian, gaussianBankMass } from '../../../experiments/lake/opponent.ts';
import { ppoSettings, robotLakes } from '../../../experiments/lake/tuned.ts';
import { successAtK } from '../../../experiments/lake/walkJobs.ts';
import { type GaussianPolicy, Rng } from '../../../src/index.ts';

const usual = resolveConfig(lake, {}) as LakeConfig;
const quick = resolveConfig(lake, { preset: 'quick' }) as LakeConfig;

describe('npm start -- --quick', () => {
  test('has some of the jobs of npm start, with the same settings, so that its numbers are the same', () => {
    const all = new Map(lake.jobs(usual).map((job) => [job.id, job]));
    const jobs = lake.jobs(quick);
    for (const job of jobs) expect(job).toEqual(all.get(job.id));
    expect(jobs.length).toBeLessThan(all.size / 5);
    const { studies, environments, policies } = usual;
    const { cloning, soft } = quick;
    expect({
      ...quick,
      studies,
      environments,
      policies,
      cloning: { ...cloning, conditions: usual.cloning.conditions },
      soft: {
        ...soft,
        bandit: { ...soft.bandit, conditions: usual.soft.bandit.conditions },
        lake: { ...soft.lake, tasks: usual.soft.lake.tasks },
      },
    }).toEqual(usual);
  });
});

test.each(robotLakes)('%s is cloned and learned on, with the settings of its lake until it has its own', (env) => {
  const grain = env.includes('Stride') ? 'LakeStride-v0' : 'Lake-v0';
  const config: LakeConfig = lakeSchema.parse({ environments: [env], policies: ['realnvp'], seeds: [4] });
  expect(lake.jobs(config).map(({ id }) => id)).toEqual([`ppo/${env}/realnvp/seed-4`, `cloning/${env}/realnvp/seed-4`]);
  expect(cloningSettings(config, env, 'realnvp')).toEqual(cloningSettings(config, grain, 'realnvp'));
  expect(ppoSettings(config.tuned, 'realnvp', env)).toEqual(ppoSettings(config.tuned, 'realnvp'));
  const own = { learningRate: 0.001 };
  const tuned = lakeSchema.parse({ environments: [env], tuned: { cloning: { [env]: { spline: own } } } });
  expect(cloningSettings(tuned, env, 'spline').learningRate).toBe(0.001);
  expect(cloningSettings(tuned, grain, 'spline').learningRate).not.toBe(0.001);
});

test.each([
  [0, 0],
  [1, 0],
  [0.5, Math.LN2],
  [0.9, 0.3250829733914482],
  [0.1, 0.3250829733914482],
])('of an upper share of %d it is %d nats', (upperShare, entropy) => {
  expect(modeEntropy(upperShare)).toBeCloseTo(entropy, 14);
});

/** The share of the k-subsets of n tries, the first c of which succeed, that hold a success: counted one by one. */
function counted(c: number, n: number, k: number): number {
  let [all, some] = [0, 0];
  for (let subset = 0; subset < 2 ** n; subset++) {
    const size = Array.from({ length: n }, (_, i) => (subset >> i) & 1).reduce((sum, bit) => sum + bit, 0);
    if (size !== k) continue;
    all++;
    if (subset % 2 ** c !== 0) some++;
  }
  return some / all;
}

test('success at k is the share of k-subsets of the tries that hold a success', () => {
  for (const [c, n, k] of [
    [0, 6, 2],
    [1, 6, 1],
    [1, 6, 4],
    [2, 9, 3],
    [5, 9, 4],
    [6, 9, 4],
    [9, 9, 9],
  ] as const) {
    expect(successAtK({ successes: c, tries: n, k }), `${c} of ${n}, k = ${k}`).toBeCloseTo(counted(c, n, k), 12);
  }
});

test('it is unbiased: its mean over binomial successes is 1 − (1 − p)ᵏ', () => {
  const [n, k, p] = [10, 8, 0.3];
  let [mean, chance] = [0, (1 - p) ** n];
  for (let c = 0; c <= n; c++) {
    mean += chance * successAtK({ successes: c, tries: n, k });
    chance *= ((n - c) / (c + 1)) * (p / (1 - p));
  }
  expect(mean).toBeCloseTo(1 - (1 - p) ** k, 12);
});

/** The mass that N(mean, deviation²) has from `low` to `high`, by Simpson's rule. */
function normalMass(mean: number, deviation: number, low: number, high: number): number {
  const steps = 2000;
  const width = (high - low) / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const z = (low + i * width - mean) / deviation;
    sum += Math.exp(-0.5 * z * z) * (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2);
  }
  return (sum * width) / (3 * deviation * Math.sqrt(2 * Math.PI));
}

const lesserBank = (mean: number, deviation: number) =>
  Math.min(normalMass(mean, deviation, 0.5, 1.5), normalMass(mean, deviation, -1.5, -0.5));

test('the best Gaussian is worth .242, as a search over means and deviations finds by quadrature', () => {
  let best = { mean: 0, deviation: 1, value: 0 };
  for (let mean = 0; mean <= 1.5; mean += 0.05) {
    for (let deviation = 0.1; deviation <= 2; deviation += 0.01) {
      const value = lesserBank(mean, deviation);
      if (value > best.value) best = { mean, deviation, value };
    }
  }
  const { deviation, value } = bestMinimaxGaussian();
  expect(best.mean).toBe(0);
  expect(Math.abs(best.deviation - deviation)).toBeLessThan(0.011);
  expect(value).toBeCloseTo(best.value, 4);
  expect(value).toBeCloseTo(lesserBank(0, deviation), 10);
  expect(deviation).toBeCloseTo(1 / Math.sqrt(Math.log(3)), 12);
  expect([deviation, value]).toEqual([expect.closeTo(0.954, 3), expect.closeTo(0.242, 3)]);
  for (const other of [0.4, 0.9, 1, 3]) {
    expect(gaussianBankMass(other)).toBeCloseTo(lesserBank(0, other), 10);
    expect(gaussianBankMass(other)).toBeLessThan(value);
  }
});

test('masses of banks are those of the density', () => {
  const policy = makeBanditPolicy('gaussian', new Rng(0), 0.7) as GaussianPolicy;
  for (const { kernel } of policy.network.layers) kernel.assign(tf.zerosLike(kernel));
  policy.network.layers.at(-1)!.bias!.assign(tf.tensor1d([0.3]));
  const { left, right } = bankMasses(policy);
  expect(right).toBeCloseTo(normalMass(0.3, 0.7, 0.5, 1.5), 5);
  expect(left).toBeCloseTo(normalMass(0.3, 0.7, -1.5, -0.5), 5);
  policy.dispose();
});

test('the bandit’s data: the figures that the study is judged by', () => {
  const width = 0.001;
  const actions = Float64Array.from({ length: 8000 }, (_, i) => -4 + (i + 0.5) * width);
  const masses = actions.map((action) => banditDataDensity(action) * width);
  const moment = (of: (action: number) => number) => masses.reduce((sum, mass, i) => sum + mass * of(actions[i]!), 0);
  expect(moment(() => 1)).toBeCloseTo(1, 10);
  expect(moment((action) => action)).toBeCloseTo(0, 10);
  expect(moment((action) => action * action)).toBeCloseTo(1.04, 8);
  expect(moment((action) => (Math.abs(action) < 0.5 ? 1 : 0))).toBeCloseTo(0.0062, 4);
  const logQ = actions.map((action) => -0.5 * (Math.log(2 * Math.PI * 1.04) + (action * action) / 1.04));
  const logP = actions.map((action) => Math.log(banditDataDensity(action)));
  expect(divergence(masses, logP, logQ)).toBeCloseTo(0.936, 3);
});

type Of = (vx: number, vy: number) => number;

function expectation(options: DemonstratedStartOptions, of: Of): number {
  const { velocities, probabilities } = demonstratedStart(options);
  return probabilities.reduce((sum, p, i) => sum + p * of(velocities[2 * i]!, velocities[2 * i + 1]!), 0);
}

function entropy(options: DemonstratedStartOptions): number {
  const { probabilities, logDensities } = demonstratedStart(options);
  return -probabilities.reduce((sum, p, i) => sum + p * logDensities[i]!, 0);
}

test('at right angles: two normal distributions far apart, or one', () => {
  const normal = Math.log(2 * Math.PI * Math.E * 0.1 ** 2);
  const both = { env: 'Lake-v0', path: 'rightAngle', upperShare: 0.5 } as const;
  expect(entropy(both)).toBeCloseTo(normal + Math.LN2, 6);
  expect(entropy({ ...both, upperShare: 0.1 })).toBeCloseTo(normal - 0.1 * Math.log(0.1) - 0.9 * Math.log(0.9), 6);
  expect(entropy({ ...both, upperShare: 1 })).toBeCloseTo(normal, 6);
});

test('the best Gaussian of two normal distributions: the divergence has a closed form', () => {
  const options = { env: 'Lake-v0', path: 'rightAngle', upperShare: 0.5 } as const;
  const { velocities, probabilities, logDensities } = demonstratedStart(options);
  // N(0, diag(0.01, 1.01)): the entropies' difference, ½ ln(1.01 / 0.01) − ln 2.
  const logQ = Float64Array.from(
    probabilities,
    (_, i) =>
      -Math.log(2 * Math.PI) -
      0.5 * Math.log(0.01 * 1.01) -
      0.5 * (velocities[2 * i]! ** 2 / 0.01 + velocities[2 * i + 1]! ** 2 / 1.01),
  );
  expect(divergence(probabilities, logDensities, logQ)).toBeCloseTo(0.5 * Math.log(101) - Math.LN2, 5);
});

test.each(['Lake-v0', 'LakeStride-v0'] as const)('moments are those of collected walks: %s', (env) => {
  const upperShare = 0.7;
  const { observations, actions, episodes } = collectDemonstrations({
    envId: env,
    episodes: 4000,
    rng: new Rng(5),
    upperShare,
  });
  const first = episodes.map(({ offset }) => {
    expect(observations[2 * offset]).toBe(-1.5);
    return [actions[2 * offset]!, actions[2 * offset + 1]!] as const;
  });
  const moments: Record<string, Of> = {
    vx: (vx) => vx,
    vy: (_, vy) => vy,
    side: (vx, vy) => Math.abs(vy) - vx,
    speed: (vx, vy) => Math.hypot(vx, vy),
    spread: (_, vy) => (Math.abs(vy) - 0.6) ** 2,
    upper: (_, vy) => (vy > 0 ? 1 : 0),
  };
  for (const [name, of] of Object.entries(moments)) {
    const values = first.map(([vx, vy]) => of(vx, vy));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    const deviation = Math.abs(mean - expectation({ env, path: 'shortest', upperShare }, of));
    expect(deviation, name).toBeLessThan(3.5 * Math.sqrt(variance / values.length) + 1e-4);
  }
});
