import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  BaseEnv,
  Box,
  type Env,
  make,
  NormalizeObservation,
  NormalizeReward,
  RescaleAction,
  type ResetResult,
  type StepResult,
  TimeLimit,
} from '../../../envs/index.ts';

interface Golden {
  cases: {
    wrapper: string;
    initial_state: number[];
    actions: number[][];
    steps: { obs: number[]; reward: number }[];
  }[];
  normalizeReward: { name: string; actions: number[][]; rewards: number[] }[];
  rescaleAction: [given: number[], inner: number[]][];
}
const golden: Golden = JSON.parse(readFileSync(new URL('../golden/wrappers.json', import.meta.url), 'utf8'));

/** Rewards 1.5 a₀ − 0.3 and ends after 4 steps; the twin of the env that was recorded in Python. */
class Scripted extends BaseEnv<Float32Array, Float32Array> {
  readonly observationSpace = new Box({ low: -9, high: 9, shape: [2] });
  readonly actionSpace = new Box({ low: [-1, 2], high: [3, 7] });
  steps = 0;
  last: number[] = [];

  protected begin(): ResetResult {
    this.steps = 0;
    return [Float32Array.of(1, -1), {}];
  }

  step(action: Float32Array): StepResult {
    this.steps++;
    this.last = [...action];
    // A float32 product in NumPy.
    const reward = Math.fround(Math.fround(action[0]! * 1.5) - Math.fround(0.3));
    return [Float32Array.of(this.steps + 1, action[0]!), reward, this.steps === 4, false, {}];
  }
}

const wrappers: Record<string, (env: Env<Float32Array, Float32Array>) => Env<Float32Array, Float32Array>> = {
  NormalizeObservation: (env) => new NormalizeObservation(env),
  NormalizeReward: (env) => new NormalizeReward(env),
};

describe('wrappers against Gymnasium', () => {
  it.each(golden.cases)('$wrapper on Pendulum-v1', ({ wrapper, initial_state, actions, steps }) => {
    const env = wrappers[wrapper]!(make<Float32Array, Float32Array>('Pendulum-v1'));
    env.reset({ options: { state: initial_state } });
    for (const [t, action] of actions.entries()) {
      const [observation, reward] = env.step(Float32Array.from(action));
      expect(Math.abs(reward - steps[t]!.reward)).toBeLessThan(1e-12 * Math.max(1, Math.abs(reward)));
      expect([...observation]).toEqual(steps[t]!.obs.map(Math.fround));
    }
  });

  it.each(golden.normalizeReward)('NormalizeReward over episodes that are $name', ({ name, actions, rewards }) => {
    const bare = new Scripted();
    const env = new NormalizeReward(name === 'truncated' ? new TimeLimit(bare, 3) : bare, { gamma: 0.9 });
    env.reset();
    for (const [t, action] of actions.entries()) {
      const [, reward, terminated, truncated] = env.step(Float32Array.from(action));
      expect(Math.abs(reward - rewards[t]!)).toBeLessThan(1e-12 * Math.max(1, Math.abs(reward)));
      if (terminated || truncated) env.reset();
    }
  });

  it('RescaleAction', () => {
    const bare = new Scripted();
    const env = new RescaleAction(bare, [-1, 0], 1);
    env.reset();
    for (const [given, inner] of golden.rescaleAction) {
      env.step(Float32Array.from(given));
      expect(bare.last).toEqual(inner.map(Math.fround));
    }
  });
});
