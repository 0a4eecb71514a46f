import { describe, expect, it } from 'vitest';
import { type AnyEnv, make, PendulumEnv } from '../../../envs/index.ts';

type Bounds = readonly [low: number, high: number];
const fifth: Bounds = [-0.05, 0.05];
const tenth: Bounds = [-0.1, 0.1];

/** For each env: how many numbers its state has, the bounds that they start in, its time limit and a reward threshold. */
const classics = {
  'CartPole-v1': { starts: [fifth, fifth, fifth, fifth], limit: 500, threshold: 475 },
  'Acrobot-v1': { starts: [tenth, tenth, tenth, tenth], limit: 500, threshold: -100 },
  'MountainCar-v0': { starts: [[-0.6, -0.4], undefined], limit: 200, threshold: -110 },
  'MountainCarContinuous-v0': { starts: [[-0.6, -0.4], undefined], limit: 999, threshold: 90 },
} satisfies Record<string, { starts: (Bounds | undefined)[]; limit: number; threshold: number }>;

const stateOf = (env: AnyEnv) => {
  const { rng, isFloat32, ...numbers } = env.unwrapped.state!() as Record<string, number>;
  return Object.values(numbers);
};

describe.each(Object.entries(classics))('%s', (id, { starts, limit, threshold }) => {
  it('starts all over its range, and only there', () => {
    const env = make(id);
    env.reset({ seed: 1 });
    const states = Array.from({ length: 500 }, () => {
      env.reset();
      return stateOf(env);
    });
    for (const [i, bounds] of starts.entries()) {
      const values = states.map((state) => state[i]!);
      const [low, high] = bounds ?? [0, 0];
      expect(Math.min(...values)).toBeGreaterThanOrEqual(Math.fround(low));
      expect(Math.max(...values)).toBeLessThanOrEqual(Math.fround(high));
      expect(Math.max(...values) - Math.min(...values)).toBeGreaterThanOrEqual(0.97 * (high - low));
    }
  });

  it('starts within the bounds that reset is given, or in a state', () => {
    const env = make(id);
    env.reset({ seed: 1, options: { low: 0.01, high: 0.02 } });
    expect(stateOf(env)[0]).toBeGreaterThanOrEqual(0.01);
    expect(stateOf(env)[0]).toBeLessThan(0.02);
    const state = starts.map((_, i) => 0.01 * (i + 1));
    env.reset({ options: { state } });
    expect(stateOf(env)).toEqual(state);
    env.reset({ options: { state: Float64Array.from(state) } });
    expect(stateOf(env)).toEqual(state);
  });

  it('is truncated at its limit and knows its threshold', () => {
    const env = make(id, { disableEnvChecker: true });
    expect([env.spec!.maxEpisodeSteps, env.spec!.rewardThreshold]).toEqual([limit, threshold]);
  });
});

describe('PendulumEnv', () => {
  it('resets to θ in (−π, π) and |θ̇| ≤ 1, over the whole range', () => {
    const env = new PendulumEnv();
    env.reset({ seed: 1 });
    const states = Array.from({ length: 1000 }, () => {
      env.reset();
      return env.state();
    });
    for (const [read, limit] of [
      [(s: { theta: number }) => s.theta, Math.PI],
      [(s: { thetaDot: number }) => s.thetaDot, 1],
    ] as const) {
      const values = states.map(read);
      expect(Math.max(...values)).toBeLessThan(limit);
      expect(Math.max(...values)).toBeGreaterThan(0.98 * limit);
      expect(Math.min(...values)).toBeLessThan(-0.98 * limit);
      expect(Math.abs(values.reduce((sum, v) => sum + v, 0) / 1000)).toBeLessThan(0.1 * limit);
    }
  });

  it('clips torque and speed', () => {
    const [far, near] = [50, 2].map((torque) => {
      const env = new PendulumEnv();
      env.reset({ seed: 0, options: { state: [Math.PI / 2, 7.9] } });
      env.step(Float32Array.of(torque));
      return env.state();
    });
    expect(far).toEqual(near);
    expect(far!.thetaDot).toBe(8);
  });
});
