import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type AnyEnv, make } from '../../../envs/index.ts';

interface Trajectory {
  seed: number;
  policy: string;
  initial_state: number[];
  initial_obs: number[];
  actions: (number | number[])[];
  obs: number[][];
  state: number[][];
  rewards: number[];
  terminated: boolean[];
}

/** One step of Gymnasium's from a state that was set there. */
interface Step {
  options: Record<string, unknown>;
  state: number[];
  action: number | number[];
  next: number[];
  obs: number[];
  reward: number;
  terminated: boolean;
}

function golden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), 'utf8'));
}

const parts = {
  'Acrobot-v1': ['theta1', 'theta2', 'thetaDot1', 'thetaDot2'],
  'CartPole-v1': ['x', 'xDot', 'theta', 'thetaDot'],
  'MountainCar-v0': ['position', 'velocity'],
  'MountainCarContinuous-v0': ['position', 'velocity'],
  'Pendulum-v1': ['theta', 'thetaDot'],
} as const;
const ids = Object.keys(parts) as (keyof typeof parts)[];

const stateOf = (env: AnyEnv, id: keyof typeof parts) => {
  const state = env.unwrapped.state!() as Record<string, number>;
  return parts[id].map((part) => state[part]!);
};

const asAction = (action: number | number[]) => (typeof action === 'number' ? action : Float32Array.from(action));

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
}

/** One float32 step, relative to the size: two libraries' sines may differ in the last bit of a float64, which may turn a rounding. */
function expectSameFloat32(actual: ArrayLike<number>, expected: number[]): void {
  for (const [i, value] of expected.entries()) {
    expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(1.2e-7 * Math.max(1, Math.abs(value)));
  }
}

/**
 * A pendulum reward's two candidates at a torque whose square is a near-tie. The recorded u² is the C library's `powf`, which errs by up to 0.502 of
 * a last place and so, where u² is within 0.002 of half-way between two float32, may give either; ours is the nearer one.
 */
function rewardCandidates(id: string, reward: number, action: number | number[]): number[] {
  if (id !== 'Pendulum-v1' || typeof action === 'number') return [reward];
  const u = Math.max(-2, Math.min(2, action[0]!));
  const square = Math.fround(u * u);
  const place = 2 ** (Math.floor(Math.log2(square)) - 23);
  const excess = (u * u - square) / place;
  if (Math.abs(excess) < 0.498) return [reward];
  const cost = (squared: number) => Math.fround(Math.fround(0.001) * squared);
  return [reward, reward + cost(square) - cost(square + Math.sign(excess) * place)];
}

function expectStep(id: keyof typeof parts, env: AnyEnv, { state, action, next, obs, reward, terminated }: Step): void {
  env.reset({ options: { state } });
  const [observation, ours, ended, truncated] = env.step(asAction(action));
  expect(largestDifference(stateOf(env, id), next)).toBeLessThan(1e-12);
  expectSameFloat32(observation as Float32Array, obs);
  const errors = rewardCandidates(id, ours, action).map((candidate) => Math.abs(candidate - reward));
  expect(Math.min(...errors)).toBeLessThan(1e-12);
  expect([ended, truncated]).toEqual([terminated, false]);
}

describe.each(ids)('%s against Gymnasium', (id) => {
  const { trajectories } = golden<{ trajectories: Trajectory[] }>(id);

  it.each(trajectories)('seed $seed, $policy policy: every single step to 1e-12', (trajectory) => {
    const env = make(id);
    const [first] = env.reset({ options: { state: trajectory.initial_state } });
    expectSameFloat32(first as Float32Array, trajectory.initial_obs);
    for (const [t, action] of trajectory.actions.entries()) {
      expectStep(id, env, {
        options: {},
        state: t === 0 ? trajectory.initial_state : trajectory.state[t - 1]!,
        action,
        next: trajectory.state[t]!,
        obs: trajectory.obs[t]!,
        reward: trajectory.rewards[t]!,
        terminated: trajectory.terminated[t]!,
      });
    }
  });

  it.each(trajectories)('seed $seed, $policy policy: the whole rollout to 1e-6', (trajectory) => {
    const env = make(id);
    env.reset({ options: { state: trajectory.initial_state } });
    for (const [t, action] of trajectory.actions.entries()) {
      const [observation, reward, terminated, truncated] = env.step(asAction(action));
      expect(largestDifference(stateOf(env, id), trajectory.state[t]!)).toBeLessThan(1e-6);
      expect(largestDifference(observation as Float32Array, trajectory.obs[t]!)).toBeLessThan(2e-6);
      expect(Math.abs(reward - trajectory.rewards[t]!)).toBeLessThan(1e-6);
      expect(terminated).toBe(trajectory.terminated[t]);
      expect(truncated).toBe(t + 1 === env.spec!.maxEpisodeSteps);
    }
  });

  it('single steps from states all over and at the edges to 1e-12', () => {
    const { steps } = golden<{ steps: Record<string, Step[]> }>('steps');
    for (const step of steps[id]!)
      expectStep(id, make(id, { disableEnvChecker: true, ...step.options }).unwrapped, step);
  });
});
