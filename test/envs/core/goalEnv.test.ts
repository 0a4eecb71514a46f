import { afterAll, describe, expect, it } from 'vitest';
import { BitFlippingEnv, checkEnv, FlatVectorEnv, makeVec, type StepResult } from '../../../envs/index.ts';

const opened: { close(): void }[] = [];
afterAll(() => {
  for (const env of opened) env.close();
});

function vectorOf(options: Parameters<typeof makeVec>[1] = {}, id = 'BitFlipping-v0') {
  const env = makeVec(id, options);
  opened.push(env);
  return env;
}

describe('BitFlippingEnv', () => {
  it('pays nothing but at the goal, which flipping each wrong bit once reaches', () => {
    const env = new BitFlippingEnv({ bits: 9 });
    for (let seed = 0; seed < 20; seed++) {
      const [{ observation, desired_goal: goal }] = env.reset({ seed });
      const wrong = [...observation.keys()].filter((i) => observation[i] !== goal[i]);
      const results = wrong.map((bit) => env.step(bit));
      expect(results.map(([, reward, terminated]) => [reward, terminated])).toEqual(
        wrong.map((_, i) => (i === wrong.length - 1 ? [0, true] : [-1, false])),
      );
      const last = results.at(-1)!;
      expect(last[0]).toEqual({ observation: goal, achieved_goal: goal, desired_goal: goal });
      expect(last[4].outcome).toBe('success');
    }
  });

  it('cuts an episode after as many steps as bits', () => {
    const env = new BitFlippingEnv({ bits: 6 });
    const [{ observation, desired_goal: goal }] = env.reset({ seed: 1 });
    // A bit that stays wrong, every other time.
    const bit = observation.findIndex((each, i) => each !== goal[i] || i === 5);
    const ends = Array.from({ length: 6 }, () => env.step(bit === 0 ? 1 : 0).slice(1, 4));
    expect(ends.map(([, , truncated]) => truncated)).toEqual([false, false, false, false, false, true]);
    expect(ends.every(([, terminated]) => terminated === false)).toBe(true);
    expect(() => env.step(6)).toThrow('BitFlipping: step() got the action 6, expected a bit, 0 … 5');
  });

  it('goes on from a state as it did, which later steps leave alone', () => {
    const env = new BitFlippingEnv({ bits: 6 });
    env.reset({ seed: 3 });
    const state = env.state();
    const kept = structuredClone(state);
    env.step(2);
    expect(state).toEqual(kept);
  });
});

describe('rewards of goals', () => {
  const achieved = Float32Array.of(0, 1, 1, 0, 1, 1);
  const desired = Float32Array.of(0, 1, 0, 0, 1, 1);
  const wanted = { rewards: Float64Array.of(0, -1, 0), terminations: Uint8Array.of(1, 0, 1) };

  it('are those of the first env, flat or not', () => {
    const options = { bits: 2, numEnvs: 2 };
    const envs = [vectorOf(options), new FlatVectorEnv(vectorOf(options))];
    for (const env of envs) expect(env.computeRewards!(achieved, desired)).toEqual(wanted);
  });

  it('are refused where there are no goals', () => {
    expect(() => vectorOf({}, 'CartPole-v1').computeRewards!(achieved, desired)).toThrow(
      /^SyncVectorEnv: got CartPoleEnv of Box.*, expected a GoalEnv, with achieved_goal and desired_goal/,
    );
  });
});

describe('checkEnv finds', () => {
  const broken = (change: (result: StepResult<never>) => unknown) =>
    new (class Broken extends BitFlippingEnv {
      override step(action: number) {
        return change(super.step(action) as StepResult<never>) as ReturnType<BitFlippingEnv['step']>;
      }
    })({ bits: 2 });

  it.each([
    [
      'another reward',
      broken(([o, r, ...rest]) => [o, r - 1, ...rest]),
      /^Broken: step\(\) gave the reward -\d, computeReward\(\) (-1|0)$/,
    ],
    [
      'another end',
      broken(([o, r, terminated, ...rest]) => [o, r, !terminated, ...rest]),
      /^Broken: step\(\) gave terminated (true|false), computeTerminated\(\) (true|false)$/,
    ],
  ])('%s than the goals say', (_, env, message) => {
    expect(() => checkEnv(env)).toThrow(message);
  });
});
