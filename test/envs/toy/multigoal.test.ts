import { describe, expect, it } from 'vitest';
import { MultigoalEnv, make } from '../../../envs/index.ts';

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

  it('has weights, and says what it does not take', () => {
    const env = new MultigoalEnv({ actionCost: 0, distanceCost: 0, goalReward: 3 });
    env.reset({ options: { state: [3.5, 0] } });
    expect(env.step(Float32Array.of(1, 0))[1]).toBe(3);
    expect(() => new MultigoalEnv({ actionCost: -1 })).toThrow(
      'Multigoal: actionCost: got -1, expected a number ≥ 0: weight of ‖a‖² in the cost of a step',
    );
    expect(() => env.step(Float32Array.of(NaN, 0))).toThrow('expected 2 finite numbers (velocity)');
  });
});
