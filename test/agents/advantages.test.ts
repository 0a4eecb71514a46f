import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { generalizedAdvantages } from '../../agents/core/rollout.ts';

const golden = JSON.parse(readFileSync(new URL('../golden/gae.json', import.meta.url), 'utf8'));

describe('generalizedAdvantages', () => {
  const compute = (rewards: number[]) =>
    generalizedAdvantages(
      {
        horizon: golden.rewards.length,
        envs: 1,
        rewards: Float32Array.from(rewards),
        values: Float32Array.from(golden.values),
        dones: Uint8Array.from(golden.episode_end_after),
        lastValues: Float32Array.of(golden.next_value),
      },
      { gamma: golden.gamma, lambda: golden.lam },
    );

  test('agrees with the golden advantages where an episode terminates', () => {
    const { advantages, returns } = compute(golden.rewards);
    advantages.forEach((value, t) => {
      expect(value).toBeCloseTo(golden.adv_terminated[t], 5);
      expect(returns[t]).toBeCloseTo(golden.adv_terminated[t] + golden.values[t], 5);
    });
  });

  test('agrees where it is truncated and the last value is in the reward', () => {
    const end = golden.episode_end_after.indexOf(1);
    const rewards = golden.rewards.map((reward: number, t: number) =>
      t === end ? reward + golden.gamma * golden.terminal_value : reward,
    );
    compute(rewards).advantages.forEach((value, t) => {
      expect(value).toBeCloseTo(golden.adv_truncated[t], 5);
    });
  });

  test('λ = 1 gives discounted returns, λ = 0 one-step errors; environments do not mix', () => {
    const rollout = {
      horizon: 3,
      envs: 2,
      rewards: Float32Array.of(1, 10, 2, 20, 3, 30),
      values: Float32Array.of(0.5, -1, 0.25, -2, 0.125, -3),
      dones: Uint8Array.of(0, 0, 0, 1, 0, 0),
      lastValues: Float32Array.of(4, 5),
    };
    const returns = generalizedAdvantages(rollout, { gamma: 0.5, lambda: 1 }).returns;
    expect([...returns]).toEqual([1 + 1 + 0.75 + 0.5, 10 + 10, 2 + 1.5 + 1, 20, 3 + 2, 30 + 2.5]);
    const { advantages } = generalizedAdvantages(rollout, { gamma: 0.5, lambda: 0 });
    expect([...advantages]).toEqual([
      1 + 0.125 - 0.5,
      10 - 1 + 1,
      2 + 0.0625 - 0.25,
      20 + 2,
      3 + 2 - 0.125,
      30 + 2.5 + 3,
    ]);
  });
});
