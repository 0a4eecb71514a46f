import { expect, test } from 'vitest';
import { collectDemonstrations } from '../../../../../envs/index.ts';
import {
  type DemonstratedStartOptions,
  demonstratedStart,
} from '../../../../../experiments/lake/studies/cloning/demonstratedStart.ts';
import { divergence } from '../../../../../experiments/lake/studies/cloning/divergence.ts';
import { Rng } from '../../../../../src/index.ts';

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
