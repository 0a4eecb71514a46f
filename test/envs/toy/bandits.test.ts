import { describe, expect, it } from 'vitest';
import {
  type BanditEnv,
  BumpBanditEnv,
  FourCornerBanditEnv,
  fourCornerData,
  fourCorners,
  make,
  SoftBanditEnv,
  softBanditData,
} from '../../../envs/index.ts';
import { Rng } from '../../../src/random.ts';

const cells = 8000;
const width = 16 / cells;
/** Midpoints of [−8, 8]. */
const grid = Float64Array.from({ length: cells }, (_, i) => -8 + (i + 0.5) * width);

/** The soft optimum ∝ exp(r / τ) on the grid. */
function softOptimum(bandit: BanditEnv, temperature: number): Float64Array {
  const weights = grid.map((a) => Math.exp(bandit.reward([a]) / temperature));
  const total = weights.reduce((sum, w) => sum + w, 0) * width;
  return weights.map((w) => w / total);
}

const normalDensity = (a: number, mean: number, std: number) =>
  Math.exp(-0.5 * ((a - mean) / std) ** 2) / (std * Math.sqrt(2 * Math.PI));

function inWater(density: Float64Array): number {
  return width * density.reduce((sum, p, i) => sum + (Math.abs(grid[i]!) < 0.5 ? p : 0), 0);
}

describe('SoftBanditEnv', () => {
  // The best Gaussian, its KL to the optimum, and how much of either is in the water: found by quadrature elsewhere.
  it.each([
    { temperature: 0.02, penalty: 0, mean: 1, std: 0.14, kl: Math.LN2, gaussian: 0, optimum: 0 },
    { temperature: 0.05, penalty: 0, mean: 1, std: 0.22, kl: Math.LN2, gaussian: 0.012, optimum: 0.013 },
    { temperature: 0.15, penalty: 0, mean: 0, std: 0.95, kl: 0.579, gaussian: 0.401, optimum: 0.094 },
    { temperature: 0.5, penalty: 0, mean: 0, std: 1.22, kl: 0.107, gaussian: 0.319, optimum: 0.175 },
    { temperature: 0.15, penalty: 1, mean: 1.12, std: 0.28, kl: 0.813, gaussian: 0.012, optimum: 0 },
    { temperature: 0.5, penalty: 1, mean: 0.05, std: 1.38, kl: 0.543, gaussian: 0.283, optimum: 0.028 },
  ])('τ $temperature, penalty $penalty: optimum and best Gaussian', (row) => {
    const optimum = softOptimum(new SoftBanditEnv({ penalty: row.penalty }), row.temperature);
    const density = grid.map((a) => normalDensity(a, row.mean, row.std));
    const kl = width * density.reduce((sum, p, i) => (p > 0 ? sum + p * Math.log(p / optimum[i]!) : sum), 0);
    // The table gives μ and σ to 0.01, where the KL is flat in them.
    expect(Math.abs(kl - row.kl)).toBeLessThan(0.006);
    expect(Math.abs(inWater(optimum) - row.optimum)).toBeLessThan(0.001);
    expect(Math.abs(inWater(density) - row.gaussian)).toBeLessThan(0.004);
  });

  it('says where the action fell', () => {
    const env = make<Float32Array, Float32Array>('SoftBandit-v0', { penalty: 1 });
    const outcomes = [-1, 1, 0.49, 0.5, -4].map((a) => {
      env.reset({ seed: 0 });
      const [observation, reward, terminated, , info] = env.step(Float32Array.of(a));
      expect([observation[0], terminated]).toEqual([0, true]);
      return [info.outcome, reward];
    });
    expect(outcomes.map(([outcome]) => outcome)).toEqual(['left', 'right', 'water', 'right', 'left']);
    expect(outcomes.map(([, reward]) => reward)).toEqual([0, 0, expect.closeTo(-1 - 0.5 * 0.51 ** 2, 6), -0.125, -4.5]);
  });
});

describe('softBanditData', () => {
  it('takes either bank half of the time, and its mean leads into the water', () => {
    const { observations, actions } = softBanditData({ count: 20_000, rng: new Rng(2) });
    const mean = actions.reduce((sum, a) => sum + a, 0) / actions.length;
    const variance = actions.reduce((sum, a) => sum + (a - mean) ** 2, 0) / actions.length;
    expect(observations).toEqual(new Float32Array(20_000));
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(variance - 1.04)).toBeLessThan(0.02);
    expect(Math.abs(actions.filter((a) => Math.abs(a) < 0.5).length / 20_000 - 0.0062)).toBeLessThan(0.003);
    expect(inWater(grid.map((a) => normalDensity(a, 0, Math.sqrt(1.04))))).toBeCloseTo(0.376, 3);
    expect(() => softBanditData({ count: 0, rng: new Rng(2) })).toThrow(
      'softBanditData: count: got 0, expected an integer ≥ 1',
    );
  });
});

describe('BumpBanditEnv', () => {
  it.each([
    { width: 0.3, std: 0.9, isBest: false },
    { width: 0.3, std: 0.96, isBest: true },
    { width: 0.7, std: 0.7, isBest: false },
    { width: 0.75, std: 0.7, isBest: true },
  ])('width $width, σ $std: the mean between the bumps is best only where w² + σ² ≥ 1', ({ width: w, std, isBest }) => {
    const bandit = new BumpBanditEnv({ width: w });
    const rewards = grid.map((a) => bandit.reward([a]));
    const value = (mean: number) =>
      width * rewards.reduce((sum, r, i) => sum + r * normalDensity(grid[i]!, mean, std), 0);
    const means = Array.from({ length: 31 }, (_, i) => i / 20);
    const values = means.map(value);
    expect(values.indexOf(Math.max(...values)) === 0).toBe(isBest);
  });
});

describe('FourCornerBanditEnv', () => {
  it('pays each corner’s mean, with noise, and nothing elsewhere', () => {
    const env = new FourCornerBanditEnv();
    env.reset({ seed: 3 });
    for (const { x, y, reward, name } of [...fourCorners, { x: 0, y: 0, reward: 0, name: 'nowhere' }]) {
      const rewards = Array.from({ length: 2000 }, () => {
        env.reset();
        const [, paid, terminated, , info] = env.step(Float32Array.of(x, y));
        expect([terminated, info.outcome]).toEqual([true, name]);
        return paid;
      });
      const mean = rewards.reduce((sum, r) => sum + r, 0) / rewards.length;
      const std = Math.sqrt(rewards.reduce((sum, r) => sum + (r - mean) ** 2, 0) / rewards.length);
      // 5 standard errors.
      expect(Math.abs(mean - reward)).toBeLessThan((5 * 0.5) / Math.sqrt(2000));
      expect(Math.abs(std - 0.5)).toBeLessThan(0.05);
    }
    expect(fourCorners.map(({ reward }) => reward)).toEqual([3, 0, 1.5, 5]);
  });

  it('has data of four equal modes, with their rewards', () => {
    const { observations, actions, rewards } = fourCornerData({ count: 4000, rng: new Rng(1) });
    expect([observations.length, actions.length, rewards.length]).toEqual([4000, 8000, 4000]);
    for (const [k, corner] of fourCorners.entries()) {
      const rows = Array.from({ length: 1000 }, (_, i) => 4 * i + k);
      const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
      expect(mean(rows.map((i) => actions[2 * i]!))).toBeCloseTo(corner.x, 2);
      expect(mean(rows.map((i) => actions[2 * i + 1]!))).toBeCloseTo(corner.y, 2);
      expect(Math.sqrt(mean(rows.map((i) => (actions[2 * i]! - corner.x) ** 2)))).toBeCloseTo(0.05, 2);
      expect(Math.abs(mean(rows.map((i) => rewards[i]!)) - corner.reward)).toBeLessThan(0.08);
    }
  });
});

describe('bandits', () => {
  it.each(['SoftBandit-v0', 'BumpBandit-v0', 'FourCornerBandit-v0'])('%s says what it does not take', (id) => {
    expect(() => make(id, { colour: 1 })).toThrow(`make('${id}'): colour: unknown option`);
    const env = make(id);
    env.reset();
    expect(() => env.step(Float32Array.of(NaN, NaN))).toThrow(/step\(\) got the action Float32Array \[NaN/);
    expect(() => env.reset({ options: { state: [1] } })).toThrow('unknown option "state"');
  });
});
