import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { make, PendulumEnv } from '../../../envs/index.ts';

interface Trajectory {
  seed: number;
  policy: string;
  initial_state: [number, number];
  initial_obs: number[];
  actions: [number][];
  obs: number[][];
  state: [number, number][];
  rewards: number[];
}

const golden = JSON.parse(readFileSync(new URL('../golden/Pendulum-v1.json', import.meta.url), 'utf8')) as {
  trajectories: Trajectory[];
};

function startAt([theta, thetaDot]: [number, number]): PendulumEnv {
  const env = new PendulumEnv();
  env.reset({ seed: 0 });
  env.setState({ ...env.state(), theta, thetaDot });
  return env;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
}

/**
 * The reward's two candidates at a torque whose square is a near-tie. The recorded u² is the C library's `powf`, which errs by up to .502 of a last
 * place and so, where u² is within .002 of half-way between two float32, may give either; ours is the nearer one.
 */
function rewardCandidates(reward: number, u: number): number[] {
  const square = Math.fround(u * u);
  const place = 2 ** (Math.floor(Math.log2(square)) - 23);
  const excess = (u * u - square) / place;
  if (Math.abs(excess) < 0.498) return [reward];
  const cost = (squared: number) => Math.fround(Math.fround(0.001) * squared);
  return [reward, reward + cost(square) - cost(square + Math.sign(excess) * place)];
}

describe.each(golden.trajectories)('Pendulum-v1 against Gymnasium, seed $seed, $policy policy', (trajectory) => {
  it('agrees in every single step to 1e-12', () => {
    for (const [t, action] of trajectory.actions.entries()) {
      const env = startAt(t === 0 ? trajectory.initial_state : trajectory.state[t - 1]!);
      const [observation, reward] = env.step(Float32Array.from(action));
      const { theta, thetaDot } = env.state();
      expect(largestDifference([theta, thetaDot], trajectory.state[t]!)).toBeLessThan(1e-12);
      const u = Math.max(-2, Math.min(2, action[0]));
      const errors = rewardCandidates(reward, u).map((candidate) => Math.abs(candidate - trajectory.rewards[t]!));
      expect(Math.min(...errors)).toBeLessThan(1e-12);
      // One float32 step: the sines of two libraries may differ in the last bit of a float64.
      expect(largestDifference(observation, trajectory.obs[t]!)).toBeLessThan(5e-7);
    }
  });

  it('agrees over the whole rollout to 1e-6', () => {
    const env = startAt(trajectory.initial_state);
    let worst = 0;
    for (const [t, action] of trajectory.actions.entries()) {
      const [, reward, terminated] = env.step(Float32Array.from(action));
      const { theta, thetaDot } = env.state();
      worst = Math.max(
        worst,
        largestDifference([theta, thetaDot, reward], [...trajectory.state[t]!, trajectory.rewards[t]!]),
      );
      expect(terminated).toBe(false);
    }
    expect(worst).toBeLessThan(1e-6);
  });
});

describe('PendulumEnv', () => {
  it('is truncated after 200 steps', () => {
    const env = make('Pendulum-v1');
    env.reset({ seed: 1 });
    for (let t = 1; t <= 200; t++) expect(env.step(Float32Array.of(0))[3]).toBe(t === 200);
  });

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
    const far = startAt([Math.PI / 2, 7.9]);
    const near = startAt([Math.PI / 2, 7.9]);
    far.step(Float32Array.of(50));
    near.step(Float32Array.of(2));
    expect(far.state()).toEqual(near.state());
    expect(far.state().thetaDot).toBe(8);
  });

  it('tells what is wrong', () => {
    expect(() => make('Pendulum-v1', { gravity: 9 })).toThrow('Pendulum: unknown option "gravity", expected one of g');
    expect(() => startAt([0, 0]).step(Float32Array.of(NaN))).toThrow('got the action Float32Array [NaN]');
  });
});
