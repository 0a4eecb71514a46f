import { describe, expect, test } from 'vitest';
import { collectDemonstrations } from '../../../envs/index.ts';
import {
  banditDataDensity,
  type DemonstratedStartOptions,
  demonstratedStart,
  divergence,
} from '../../../experiments/lake/cloneJobs.ts';
import { cloning, cloningLakes } from '../../../experiments/lake/cloning.ts';
import { lakeSchema } from '../../../experiments/lake/config.ts';
import { Rng } from '../../../src/index.ts';

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

describe('what did not run', () => {
  const config = lakeSchema.parse({ studies: ['cloning'] });

  test('has no table', () => {
    const at = { study: 'cloning', env: 'LakeStride-v0', policy: 'spline', metric: 'drownRate' };
    const tables = cloning.tables([{ ...at, iqm: 0, low: null, high: null, perSeed: [0] }], config);
    expect(tables.map(({ title, rows }) => [title, rows.length])).toEqual([['Cloning, LakeStride-v0', 1]]);
    expect(cloning.tables([], config)).toEqual([]);
  });

  test.each(['nice', 'spline'])('is not spoken of: only %s ran', (policy) => {
    // Under a condition, of which there is nothing to draw here.
    const job = {
      id: policy,
      study: 'cloning',
      env: 'Lake-v0',
      condition: 'share-100',
      policy,
      seed: 0,
      weight: 1,
    } as const;
    const outcome = { job, result: { metrics: {} }, rows: [], directory: '', fingerprint: '' };
    const { paragraphs } = cloningLakes.section({ outcomes: [outcome] as never, rows: [] }, config);
    expect(paragraphs!.some((text) => text.includes('NICE'))).toBe(policy === 'nice');
  });
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

test('the grain of the quadrature does not matter', () => {
  const options = { env: 'LakeStride-v0', path: 'shortest', upperShare: 0.5 } as const;
  expect(Math.abs(entropy(options) - entropy({ ...options, spacing: 0.01, circles: 100 }))).toBeLessThan(3e-3);
});
