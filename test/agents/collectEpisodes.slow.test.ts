import { describe, expect, test } from 'vitest';
import { type CollectEpisodesOptions, collectEpisodes } from '../../agents/index.ts';
import { checkEpisode } from '../../datasets/episode.ts';
import { type Info, make, type StepResult, SyncVectorEnv, Wrapper } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';

const collected = (options: Partial<CollectEpisodesOptions> = {}) => [
  ...collectEpisodes({ policy: 'random', env: 'CartPole-v1', episodes: 10, numEnvs: 2, ...options }),
];

function policyFor(id: string) {
  const { observationSpace, actionSpace } = make(id);
  const name = 'n' in actionSpace ? 'categorical' : 'gaussian';
  return makePolicy(name, { observationSpace, actionSpace, hidden: [4], rng: new Rng('policy') } as never);
}

describe('episodes that are collected', () => {
  test('are those that the environment plays by their actions', () => {
    const env = make<Float32Array, number>('CartPole-v1');
    const { observationSpace, actionSpace } = env;
    const episodes = collected();
    expect(episodes).toHaveLength(10);
    const lengths = episodes.map(({ rewards }) => rewards.length);
    expect(new Set(lengths).size).toBeGreaterThan(3);
    for (const episode of episodes) checkEpisode('it', episode, { observationSpace, actionSpace } as never);
    // Environment 0 plays episodes 0, 2, 4 and 6 of the first round, one after another.
    const rng = new Rng(0).split('collect').split(0).split('env');
    env.reset({ seed: new Rng(rng.seed).split('vectorEnv').split(0).seed });
    for (const [i, number] of [0, 2, 4, 6].entries()) {
      const { observations, actions, rewards, terminations } = episodes[number]!;
      if (i > 0) env.reset();
      actions.forEach((action, t) => {
        const [observation, reward, terminated] = env.step(action);
        expect([...observation]).toEqual([...observations.subarray(4 * (t + 1), 4 * (t + 2))]);
        expect([reward, Number(terminated)]).toEqual([rewards[t], terminations[t]]);
      });
    }
  });

  test('are the same again, whatever was left out; those of another seed are others', () => {
    const episodes = collected();
    expect(collected({ skip: 3 })).toEqual(episodes.slice(3));
    expect(collected({ skip: 9 })).toEqual(episodes.slice(9));
    expect(collected({ skip: 10 })).toEqual([]);
    expect(collected({ seed: 1 })[0]).not.toEqual(episodes[0]);
  });

  test('of a policy are those of its actions, sampled or greedy, within bounds', () => {
    const policy = policyFor('Pendulum-v1');
    const of = (options: Partial<CollectEpisodesOptions>) =>
      collected({ policy, env: 'Pendulum-v1', episodes: 1, numEnvs: 1, ...options })[0]!;
    const [sampled, greedy] = [of({}), of({ greedy: true })];
    expect(sampled.actions).not.toEqual(greedy.actions);
    expect(of({ skip: 0 })).toEqual(sampled);
    expect(Math.max(...of({ noise: 3 }).actions.map(Math.abs))).toBe(2);
    const noisy = of({ greedy: true, noise: 0.1 });
    const difference = Math.abs(noisy.actions[0]! - greedy.actions[0]!);
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(1);
    policy.dispose();
  });

  test('with noise on choices have so many random ones', () => {
    const policy = policyFor('CartPole-v1');
    const shareOf = (noise: number) => {
      const episodes = collected({ policy, greedy: true, noise, episodes: 60 });
      let others = 0;
      let steps = 0;
      for (const { observations, actions } of episodes) {
        actions.forEach((action, t) => {
          others += Number(policy.act(observations.subarray(4 * t, 4 * t + 4), { greedy: true }) !== action);
        });
        steps += actions.length;
      }
      return others / steps;
    };
    expect(shareOf(0)).toBe(0);
    // Half of the random ones are what it does anyway.
    for (const noise of [0.4, 1]) expect(Math.abs(shareOf(noise) - noise / 2)).toBeLessThan(0.07);
    policy.dispose();
  });

  test('have the infos that are named: at the reset, then after each step', () => {
    class Timed extends Wrapper<Float32Array, number> {
      #t = 0;
      override reset(options?: object): [Float32Array, Info] {
        this.#t = 0;
        return [super.reset(options)[0], { time: 0 }];
      }
      override step(action: number): StepResult {
        const [observation, reward, terminated, truncated] = super.step(action);
        this.#t += 1;
        const info = { time: this.#t, at: { even: this.#t % 2 === 0 }, word: 'step' };
        return [observation, reward, terminated, truncated, info];
      }
    }
    const env = new SyncVectorEnv([() => new Timed(make<Float32Array, number>('CartPole-v1'))]);
    const [{ infos, rewards }] = collected({
      env,
      numEnvs: undefined,
      infos: ['at.even', 'time', 'word'],
    }) as never as [{ infos: Record<string, Float64Array>; rewards: Float64Array }];
    const times = Array.from({ length: rewards.length + 1 }, (_, t) => t);
    expect([...infos.time!]).toEqual(times);
    expect([...infos['at.even']!]).toEqual(times.map((t) => (t === 0 ? Number.NaN : (t + 1) % 2)));
    expect([...infos.word!].every(Number.isNaN)).toBe(true);
  });
});
