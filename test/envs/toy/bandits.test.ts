import { describe, expect, it } from 'vitest';
import {
  type BanditEnv,
  BumpBanditEnv,
  type Env,
  FourCornerBanditEnv,
  fourCornerData,
  fourCorners,
  MultigoalEnv,
  make,
  OpponentBanditEnv,
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
    { temperature: 0.05, penalty: 0, mean: 1, std: 0.22, kl: Math.LN2, gaussian: 0.012, optimum: 0.013 },
    { temperature: 0.15, penalty: 0, mean: 0, std: 0.95, kl: 0.579, gaussian: 0.401, optimum: 0.094 },
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

it.each([
  { width: 0.3, std: 0.9, isBest: false },
  { width: 0.3, std: 0.96, isBest: true },
  { width: 0.7, std: 0.7, isBest: false },
  { width: 0.75, std: 0.7, isBest: true },
])('BumpBandit, $width, σ $std: the mean is best only where w² + σ² ≥ 1', ({ width: w, std, isBest }) => {
  const bandit = new BumpBanditEnv({ width: w });
  const rewards = grid.map((a) => bandit.reward([a]));
  const value = (mean: number) =>
    width * rewards.reduce((sum, r, i) => sum + r * normalDensity(grid[i]!, mean, std), 0);
  const means = Array.from({ length: 31 }, (_, i) => i / 20);
  const values = means.map(value);
  expect(values.indexOf(Math.max(...values)) === 0).toBe(isBest);
});

describe('FourCornerBanditEnv', () => {
  it('pays each corner’s mean, with noise, and nothing elsewhere', () => {
    const env = new FourCornerBanditEnv();
    env.reset({ seed: 3 });
    for (const { x, y, reward, name } of [...fourCorners, { x: 0, y: 0, reward: 0, name: 'nowhere' }]) {
      const noise = Array.from({ length: 400 }, () => {
        env.reset();
        const [, paid, terminated, , info] = env.step(Float32Array.of(x, y));
        expect([terminated, info.outcome]).toEqual([true, name]);
        return paid - reward;
      });
      // 5 standard errors.
      expect(Math.abs(noise.reduce((sum, r) => sum + r, 0) / 400)).toBeLessThan((5 * 0.5) / 20);
      expect(Math.abs(Math.hypot(...noise) / 20 - 0.5)).toBeLessThan(0.1);
    }
    expect(fourCorners.map(({ reward }) => reward)).toEqual([3, 0, 1.5, 5]);
  });

  it('has data of four equal modes, with their rewards, as the soft one has of two', () => {
    const { observations, actions, rewards } = fourCornerData({ count: 4000, rng: new Rng(1) });
    const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;
    expect([observations.length, actions.length, rewards.length]).toEqual([4000, 8000, 4000]);
    for (const [k, corner] of fourCorners.entries()) {
      const rows = Array.from({ length: 1000 }, (_, i) => 4 * i + k);
      expect(mean(rows.map((i) => actions[2 * i]!))).toBeCloseTo(corner.x, 2);
      expect(mean(rows.map((i) => actions[2 * i + 1]!))).toBeCloseTo(corner.y, 2);
      expect(Math.sqrt(mean(rows.map((i) => (actions[2 * i]! - corner.x) ** 2)))).toBeCloseTo(0.05, 2);
      expect(Math.abs(mean(rows.map((i) => rewards[i]!)) - corner.reward)).toBeLessThan(0.08);
    }
    const soft = softBanditData({ count: 20_000, rng: new Rng(2) });
    expect(soft.observations).toEqual(new Float32Array(20_000));
    expect(Math.abs(mean(soft.actions))).toBeLessThan(0.01);
    expect(Math.abs(mean(soft.actions.map((a) => a * a)) - 1.04)).toBeLessThan(0.02);
    expect(() => softBanditData({ count: 0, rng: new Rng(2) })).toThrow(/^softBanditData: count: got 0/);
  });
});

type Bandit = Env<Float32Array, Float32Array>;
const bandit = (options: Record<string, unknown> = {}): Bandit =>
  make<Float32Array, Float32Array>('OpponentBandit-v0', options);

/** The reward of one episode. */
function play(env: Bandit, action: number): number {
  env.reset();
  return env.step(Float32Array.of(action))[1];
}

describe('OpponentBanditEnv', () => {
  it('pays on either bank, shores included, and nowhere else', () => {
    const env = bandit({ blocked: 'none' });
    env.reset({ seed: 0 });
    const actions = [-2, -1.5, -1, -0.5, -0.4, 0, 0.4, 0.5, 1, 1.5, 1.6];
    expect(actions.map((action) => play(env, action))).toEqual([0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0]);
  });

  it('opponent: blocks the bank used more by its moving average, and draws on a tie', () => {
    const env = new OpponentBanditEnv({ opponentRate: 0.25 });
    env.reset({ seed: 2 });
    let share = 0.5;
    const actions = [1, 1, -1, 0, -1, -1, -1, 1, 3, 1, 1, 1];
    for (const action of actions) {
      env.step(Float32Array.of(action));
      if (Math.abs(action) === 1) share += 0.25 * ((action > 0 ? 1 : 0) - share);
      env.reset();
      expect(env.state().rightShare).toBe(share);
      expect(env.state().blocked).toBe(share > 0.5 ? 'right' : 'left');
    }
    const first = Array.from({ length: 40 }, (_, seed) => {
      env.reset({ seed });
      expect(env.state().rightShare).toBe(0.5);
      return env.state().blocked;
    });
    expect(new Set(first)).toEqual(new Set(['left', 'right']));
  });

  it('pays nothing on a bank that is blocked for good', () => {
    const env = bandit({ blocked: 'left' });
    env.reset({ seed: 0 });
    expect([play(env, -1), play(env, 1)]).toEqual([0, 1]);
  });
});

describe('MultigoalEnv', () => {
  it.each([
    // −30 ‖a‖² − min ‖s′ − g‖² + 10 · done, in plain numbers.
    { from: [0, 0], action: [1, 0], to: [1, 0], reward: -30 - 16, goal: 'east', done: false },
    { from: [0, 3.5], action: [0, 0.75], to: [0, 4.25], reward: -16.875 - 0.5625 + 10, goal: 'north', done: true },
    { from: [-3, 0], action: [-1, 0], to: [-4, 0], reward: -30 - 1, goal: 'west', done: false },
    { from: [0, -6.5], action: [3, -1], to: [1, -7], reward: -60 - 5, goal: 'south', done: false },
  ])('from $from by $action', ({ from, action, to, reward, goal, done }) => {
    const env = new MultigoalEnv();
    env.reset({ options: { state: from } });
    const [observation, paid, terminated, truncated, info] = env.step(Float32Array.from(action));
    expect([...observation]).toEqual(to.map(Math.fround));
    expect(paid).toBeCloseTo(reward, 10);
    expect([terminated, truncated, info.goal, info.outcome]).toEqual([done, false, goal, done ? 'goal' : undefined]);
  });

  it('starts about the middle with a deviation of .1 and is truncated after 30 steps', () => {
    const env = make<Float32Array, Float32Array>('Multigoal-v0');
    env.reset({ seed: 1 });
    const starts = Array.from({ length: 2000 }, () => [...env.reset()[0]]).flat();
    expect(Math.sqrt(starts.reduce((sum, x) => sum + x * x, 0) / starts.length)).toBeCloseTo(0.1, 2);
    for (let t = 1; t <= 30; t++) expect(env.step(new Float32Array(2))[3]).toBe(t === 30);
  });

  it('has weights', () => {
    const env = new MultigoalEnv({ actionCost: 0, distanceCost: 0, goalReward: 3 });
    env.reset({ options: { state: [3.5, 0] } });
    expect(env.step(Float32Array.of(1, 0))[1]).toBe(3);
  });
});
