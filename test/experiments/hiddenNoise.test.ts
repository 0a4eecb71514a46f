import { describe, expect, it } from 'vitest';
import { HiddenNoise } from '../../experiments/lake/hiddenNoise.ts';
import { Countdown } from '../envs/core/fixtures.ts';

describe('HiddenNoise', () => {
  const noisy = (redraw: 'episode' | 'step' = 'episode', size = 3) =>
    new HiddenNoise(new Countdown({ length: 4 }), { size, redraw });
  /** The noise of every observation of an episode. */
  const episode = (env: HiddenNoise<number>, seed?: number) => {
    const seen = [env.reset({ seed })[0]];
    for (let ended = false; !ended; ) {
      const [observation, , terminated] = env.step(0);
      seen.push(observation);
      ended = terminated;
    }
    return seen.map((observation) => [...observation.subarray(2)]);
  };

  it('stands behind the observation, which stays as it was', () => {
    const [bare, env] = [new Countdown({ length: 4 }), noisy()];
    expect([...env.observationSpace.low]).toEqual([0, 0, -Infinity, -Infinity, -Infinity]);
    expect([...env.observationSpace.high]).toEqual([9, 1, Infinity, Infinity, Infinity]);
    expect(env.reset({ seed: 1 })[0].subarray(0, 2)).toEqual(bare.reset({ seed: 1 })[0]);
    expect(env.step(2)[0].subarray(0, 2)).toEqual(bare.step(2)[0]);
  });

  it('stays for an episode, and is another in the next', () => {
    const env = noisy();
    const [first, second] = [episode(env, 1), episode(env)];
    expect(new Set(first.map(String)).size).toBe(1);
    expect(new Set(second.map(String)).size).toBe(1);
    expect(second[0]).not.toEqual(first[0]);
  });

  it('is another at every step where that is asked for', () => {
    expect(new Set(episode(noisy('step'), 1).map(String)).size).toBe(5);
  });

  it('has mean 0, variance 1, and one seed gives it again', () => {
    const env = noisy('step', 400);
    const values = episode(env, 7).flat();
    const moment = (power: number) => values.reduce((sum, x) => sum + x ** power, 0) / values.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.1);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.15);
    expect(episode(env, 7).flat()).toEqual(values);
    expect(episode(env, 8).flat()).not.toEqual(values);
  });
});
