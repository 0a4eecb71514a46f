import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, test } from 'vitest';
import type { JobContext } from '../../../cli/experiment/experiment.ts';
import { measureWalks } from '../../../common/lake.ts';
import { collectDemonstrations } from '../../../envs/index.ts';
import { lakeSchema } from '../../../experiments/lake/config.ts';
import { otherWays } from '../../../experiments/lake/otherWays.ts';
import { padded, trainWay, walkLikelihood, waySettings, worstBank } from '../../../experiments/lake/trainWay.ts';
import { conditions, makeLakes, makeWay, waysOf } from '../../../experiments/lake/ways.ts';
import { type ActionDistribution, MultivariateNormalDiag, Policy, Rng, selectEngine } from '../../../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'oxbow-ways-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** a ~ N(z, σ² I), whatever the position: the noise is the mean. */
class Follow extends Policy {
  readonly featureDim: number;
  readonly actionDim = 2;
  readonly sigma = 0.8;

  constructor(featureDim: number) {
    super();
    this.featureDim = featureDim;
  }

  protected distribution(features: tf.Tensor): ActionDistribution {
    const loc = this.featureDim === 2 ? tf.zerosLike(features) : tf.slice(features, [0, 2], [-1, this.actionDim]);
    const normal = new MultivariateNormalDiag({ loc, logScale: tf.fill([2], Math.log(this.sigma)) });
    return {
      reparameterized: true,
      sampleWithLogProb: () => {
        throw new Error('no samples');
      },
      logProb: (latent) => normal.logProb(latent),
      squash: (latent) => latent,
      unsquash: (action) => action,
    };
  }
}

describe('the likelihood of walks', () => {
  const walks = [
    [
      [0.3, -0.2],
      [0.9, 0.4],
      [0.1, 0.6],
    ],
    [
      [-1, 0.5],
      [-0.4, 0.7],
    ],
  ];
  const likelihood = (redraw: 'episode' | 'step' | undefined, samples = 20_000) =>
    tf.tidy(() => {
      const behind = [[9, 9]];
      const actions = tf.tensor3d(walks.map((walk) => (walk.length === 3 ? walk : [...walk, ...behind])));
      const made = tf.tensor2d(walks.map((walk) => (walk.length === 3 ? [1, 1, 1] : [1, 1, 0])));
      const noise = redraw && { size: 2, redraw, samples };
      const policy = new Follow(redraw === undefined ? 2 : 4);
      const batch = { observations: tf.zeros([2, 3, 2]), actions, made };
      return [...walkLikelihood(policy, batch, noise, new Rng(0)).dataSync()];
    });
  const normal = (x: number, variance: number) => -0.5 * (Math.log(2 * Math.PI * variance) + x ** 2 / variance);
  const sigma2 = 0.8 ** 2;

  test('without noise it is the sum over the steps that were made', () => {
    const wanted = walks.map((walk) => walk.flat().reduce((sum, x) => sum + normal(x, sigma2), 0));
    likelihood(undefined).forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 4));
  });

  test('with noise at every step each number is N(0, 1 + σ²)', () => {
    const wanted = walks.map((walk) => walk.flat().reduce((sum, x) => sum + normal(x, 1 + sigma2), 0));
    likelihood('step').forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThan(0.03));
  });

  test('with noise once a walk the steps are correlated: N(0, σ² I + 11ᵀ)', () => {
    // Eigenvalue σ² + n along 1, σ² across.
    const wanted = walks.map((walk) =>
      [0, 1].reduce((sum, k) => {
        const x = walk.map((action) => action[k]!);
        const along = x.reduce((total, value) => total + value, 0) / Math.sqrt(x.length);
        const across = x.reduce((total, value) => total + value ** 2, 0) - along ** 2;
        const rest = (x.length - 1) * Math.log(2 * Math.PI * sigma2) + across / sigma2;
        return sum + normal(along, sigma2 + x.length) - 0.5 * rest;
      }, 0),
    );
    likelihood('episode').forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThan(0.03));
  });
});

test('walks of different lengths stand one below another', () => {
  const demonstrations = collectDemonstrations({ envId: 'LakeStride-v0', episodes: 20, rng: new Rng(0) });
  const { steps, observations, actions, made } = padded(demonstrations);
  expect(steps).toBe(Math.max(...demonstrations.episodes.map(({ length }) => length)));
  demonstrations.episodes.forEach(({ offset, length }, i) => {
    expect([...made.subarray(i * steps, (i + 1) * steps)]).toEqual(
      Array.from({ length: steps }, (_, t) => (t < length ? 1 : 0)),
    );
    for (const [rows, all] of [
      [observations, demonstrations.observations],
      [actions, demonstrations.actions],
    ] as const) {
      const own = rows.subarray(2 * i * steps, 2 * (i * steps + length));
      expect([...own]).toEqual([...all.subarray(2 * offset, 2 * (offset + length))]);
    }
  });
});

/** Round the lake by the upper bank: up, along, and straight home. */
class Upper extends Policy {
  readonly featureDim = 2;
  readonly actionDim = 2;

  protected distribution(features: tf.Tensor): ActionDistribution {
    const action = (): tf.Tensor => {
      const [x, y] = tf.split(features, 2, 1) as [tf.Tensor, tf.Tensor];
      const home = tf.concat([tf.sub(1.5, x), tf.neg(y)], 1);
      const ahead = tf.div(home, tf.norm(home, 'euclidean', 1, true));
      return tf.where(tf.less(x, 0), tf.tile(tf.tensor2d([[0.6, 0.8]]), [x.shape[0]!, 1]), ahead);
    };
    return {
      reparameterized: false,
      sampleWithLogProb: () => ({ action: action(), latent: action(), logProb: tf.zeros([features.shape[0]!]) }),
      logProb: (latent) => tf.zeros([latent.shape[0]!]),
      squash: (latent) => latent,
      unsquash: (latent) => latent,
    };
  }
}

test('who goes by one bank is at home where the other is blocked, and never where that one is', () => {
  const policy = new Upper();
  const lakes = (blocked?: 'upper' | 'lower') => (count: number) =>
    makeLakes(count, { way: 'gaussian', condition: 'cloned', ...(blocked && { blocked }) });
  const home = (blocked?: 'upper' | 'lower') =>
    measureWalks({ env: lakes(blocked), policy, episodes: 10, keep: 0, rng: new Rng(0) }).metrics;
  expect(home()).toMatchObject({ homeRate: 1, upperShare: 1, modeEntropy: 0 });
  expect(home('lower').homeRate).toBe(1);
  expect(home('upper')).toMatchObject({ homeRate: 0, drownRate: 1 });
  expect(worstBank(lakes, { policy, episodes: 10, rng: new Rng(0) })).toEqual({ worstBankAt1: 0, worstBankAt8: 0 });
});

test('the ways see their noise beside the position, and velocities in their units', () => {
  const lakes = makeLakes(2, { way: 'episode-noise', condition: 'soft' });
  expect(lakes.singleObservationSpace.size).toBe(4);
  const [observations] = lakes.reset({ seed: 0 });
  expect([...observations.subarray(0, 2)]).toEqual([-1.5, 0]);
  const noise = [...observations.subarray(2, 4)];
  // Half a unit is full speed.
  const step = lakes.step(Float32Array.of(0, 0.5, 0, -0.25));
  expect(step.observations[1]).toBeCloseTo(1.3, 5);
  expect(step.observations[5]).toBeCloseTo(-0.65, 5);
  expect([...step.observations.subarray(2, 4)]).toEqual(noise);
  const anew = makeLakes(1, { way: 'step-noise', condition: 'cloned' });
  const [before] = anew.reset({ seed: 0 });
  const seen = [...before.subarray(2)];
  expect([...anew.step(Float32Array.of(0, 0.5)).observations.subarray(2)]).not.toEqual(seen);
});

test('all ways have about as many parameters, as tuned', () => {
  const config = lakeSchema.parse({});
  const counts = conditions.flatMap((condition) =>
    waysOf(condition).map((way) => {
      const settings = condition === 'soft' ? {} : waySettings(config, way).policy;
      const policy = makeWay(way, { condition, settings, rng: new Rng(0) });
      const count = policy.parameterCount();
      policy.dispose();
      return count;
    }),
  );
  expect(Math.max(...counts) / Math.min(...counts)).toBeLessThan(1.1);
});

describe('the study', () => {
  test('has each way with each condition that it has, on the stride lake', () => {
    const jobs = otherWays.jobs(lakeSchema.parse({ seeds: [3, 4] }));
    expect(jobs).toHaveLength((7 + 2 + 8) * 2);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
    expect(otherWays.jobs(lakeSchema.parse({ seeds: [3], policies: ['energy', 'nice'] }))).toHaveLength(1);
    expect(otherWays.jobs(lakeSchema.parse({ environments: ['Lake-v0'] }))).toHaveLength(0);
  });

  const config = lakeSchema.parse({
    evaluationEpisodes: 40,
    otherWays: {
      cloning: { demonstrations: 40, steps: 30, walks: 8, noiseSamples: 4 },
      soft: { steps: 1600, ppoSteps: 2048 },
    },
  });
  const contextOf = (rows: unknown[]) =>
    ({ rng: new Rng(1), directory: folder, report: (_: number, r: unknown) => rows.push(r) }) as unknown as JobContext;

  test.each([
    ['episode-noise', 'cloned'],
    ['energy', 'soft'],
  ] as const)('trains and measures %s, %s, the same twice', async (way, condition) => {
    await selectEngine('wasm');
    const run = async () => {
      const rows: unknown[] = [];
      const { metrics, data } = await trainWay({ way, condition }, config, contextOf(rows));
      return { metrics, velocities: data.velocities, rows };
    };
    const first = await run();
    expect(first.rows.length).toBeGreaterThan(1);
    expect(first.velocities).toHaveLength(240);
    expect(first.metrics.loss === null).toBe(condition === 'soft');
    for (const metric of ['drownRate', 'homeRate', 'worstBankAt1', 'worstBankAt8'] as const) {
      expect(first.metrics[metric]).toBeGreaterThanOrEqual(0);
      expect(first.metrics[metric]).toBeLessThanOrEqual(1);
    }
    expect(await run()).toEqual(first);
  });
});
