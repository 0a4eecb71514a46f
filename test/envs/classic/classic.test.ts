import { describe, expect, it } from 'vitest';
import { type AnyEnv, make } from '../../../envs/index.ts';

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

  it('draws the same from a seed, whatever the states between', () => {
    const env = make(id);
    const [first] = env.reset({ seed: 5 });
    env.reset({ options: { state: starts.map(() => 0) } });
    expect(env.reset({ seed: 5 })[0]).toEqual(first);
  });

  it('is truncated at its limit and knows its threshold', () => {
    const env = make(id, { disableEnvChecker: true });
    expect([env.spec!.maxEpisodeSteps, env.spec!.rewardThreshold]).toEqual([limit, threshold]);
  });

  it('says what it does not take', () => {
    const env = make(id);
    expect(() => make(id, { gravity: 1 })).toThrow(`make('${id}'): gravity: unknown option`);
    expect(() => env.reset({ options: { sate: [0, 0] } })).toThrow(
      'unknown option "sate", expected one of state, low, high',
    );
    expect(() => env.reset({ options: { state: [0] } })).toThrow(
      `got the state [0], expected ${starts.length} numbers`,
    );
    expect(() => env.reset({ options: { state: starts.map(() => NaN) } })).toThrow(/got the state \[NaN/);
    expect(() => env.reset({ options: { low: 1, high: 0 } })).toThrow(
      'needs -1e6 ≤ low ≤ high ≤ 1e6, got low 1, high 0',
    );
    expect(() => env.reset({ options: { low: null } })).toThrow('got low null');
    expect(() => env.reset({ options: { high: '0.1' } })).toThrow('high "0.1"');
    env.reset({ seed: 0 });
    expect(() => env.step(NaN)).toThrow(/step\(\) got the action/);
    expect(() => env.step(Float32Array.of(NaN))).toThrow(/step\(\) got the action/);
    const ring: { ring?: unknown } = {};
    ring.ring = ring;
    expect(() => env.step(ring as never)).toThrow('got the action [object Object], expected');
    expect(() => env.step(1n as never)).toThrow('got the action 1n, expected');
  });
});

describe('MountainCar', () => {
  it('refuses a goal velocity that no car has', () => {
    expect(() => make('MountainCar-v0', { goalVelocity: 1 })).toThrow(
      "make('MountainCar-v0'): goalVelocity: got 1, expected a number ≤ 0.07",
    );
    expect(() => make('MountainCarContinuous-v0', { goalVelocity: NaN })).toThrow(
      'goalVelocity: got NaN, expected a number',
    );
  });
});
