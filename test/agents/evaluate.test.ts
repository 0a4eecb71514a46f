import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test, vi } from 'vitest';
import { evaluateStepwise } from '../../agents/core/evaluate.ts';
import { evaluate, Reinforce } from '../../agents/index.ts';
import {
  BaseEnv,
  Box,
  ClipAction,
  make,
  makeVec,
  RescaleAction,
  type ResetResult,
  type StepResult,
  SyncVectorEnv,
} from '../../envs/index.ts';
import { GaussianPolicy, makePolicy, Rng } from '../../src/index.ts';
import { inTurns } from '../../src/turns.ts';

const policy = new GaussianPolicy({ observationDim: 2, actionDim: 2, hidden: [4], rng: new Rng(0) });
const options = () => ({ policy, env: 'Lake-v0', rng: new Rng(1) });

/** Episodes of 1 or of 9 steps, by turns in no order; a step pays its place in the episode. The word says which of the two it was. */
class Uneven extends BaseEnv<Float32Array, Float32Array> {
  readonly observationSpace = new Box({ low: -99, high: 99, shape: [1] });
  readonly actionSpace = new Box({ low: -1, high: 1, shape: [1] });
  #left = 0;
  #isLong = false;

  protected begin(): ResetResult {
    this.#isLong = this.rng.uniform() < 0.5;
    this.#left = this.#isLong ? 9 : 1;
    return [Float32Array.of(this.#left), {}];
  }

  step(): StepResult {
    this.#left--;
    const isOver = this.#left === 0;
    const outcome = isOver ? (this.#isLong ? 'long' : 'short') : undefined;
    return [Float32Array.of(this.#left), 1, isOver, false, { outcome }];
  }
}
const still = new GaussianPolicy({ observationDim: 1, actionDim: 1, hidden: [4], rng: new Rng(0) });

describe('evaluate', () => {
  test('as many episodes as are asked for, 100 unless told, in whatever number of environments', () => {
    expect(evaluate({ ...options(), envOptions: { maxEpisodeSteps: 2 } }).episodes).toHaveLength(100);
    for (const env of [make('Lake-v0'), makeVec('Lake-v0', { numEnvs: 7, autoresetMode: 'sameStep' }), 'Lake-v0']) {
      const { episodes, outcomes } = evaluate({ ...options(), env, episodes: 5 });
      expect(episodes).toHaveLength(5);
      expect(episodes.every(({ length, info }) => length > 0 && /home|drowned|timeout/.test(info.outcome!))).toBe(true);
      expect(Object.values(outcomes).reduce((sum, count) => sum + count)).toBe(5);
    }
  });

  test('short episodes count as often as they are played', () => {
    const { episodes, outcomes, ...means } = evaluate({ policy: still, env: () => new Uneven(), episodes: 1000 });
    expect(outcomes.long! + outcomes.short!).toBe(1000);
    // Within four standard deviations of a fair coin. Those that end first in 16 environments would be short nine times of ten.
    expect(Math.abs(outcomes.long! / 1000 - 0.5)).toBeLessThan(0.064);
    const lengths = episodes.map(({ length }) => length);
    const mean = lengths.reduce((sum, length) => sum + length) / 1000;
    const variance = lengths.reduce((sum, length) => sum + (length - mean) ** 2, 0) / 999;
    expect(means.meanLength).toBeCloseTo(mean, 12);
    expect(means.meanReturn).toBeCloseTo(mean, 12);
    expect(means.standardError).toBeCloseTo(Math.sqrt(variance / 1000), 12);
    expect(evaluate({ policy: still, env: () => new Uneven(), episodes: 1 }).standardError).toBeNull();
  });

  test('environment i of n plays the episodes i, i + n, …, and tells of each step which', () => {
    const envs = 3;
    const env = new SyncVectorEnv(
      Array<() => Uneven>(envs).fill(() => new Uneven()),
      { autoresetMode: 'sameStep' },
    );
    const steps = Array<number>(8).fill(0);
    const ends: number[] = [];
    const { episodes } = evaluate({
      policy: still,
      env,
      episodes: 8,
      seed: 3,
      onStep: ({ episodes: playing }) => {
        playing.forEach((episode, i) => {
          if (episode < 0) return;
          expect(episode % envs).toBe(i);
          steps[episode]! += 1;
        });
      },
      onEnd: (episode, [left]) => {
        expect(left).toBe(0);
        ends.push(episode);
      },
    });
    expect(steps).toEqual(episodes.map(({ length }) => length));
    expect([...ends].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(ends).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('tells what a memory knew before each step: nothing at the first of an episode', () => {
    const env = makeVec('Pendulum-v1', { numEnvs: 2, maxEpisodeSteps: 3, autoresetMode: 'sameStep' });
    using remembering = makePolicy('gaussian', { env, rng: new Rng(0), hidden: [4], memory: 'gru', memoryUnits: 3 });
    const seen: { observations: Float32Array; states: Float32Array }[] = [];
    const onStep = ({ observations, states }: (typeof seen)[number]) => {
      seen.push({ observations: observations.slice(), states: states.slice() });
    };
    evaluate({ policy: remembering, env, episodes: 4, seed: 0, onStep });
    expect(seen).toHaveLength(6);
    for (const [t, { states }] of seen.entries()) {
      if (t % 3 === 0) {
        expect([...states]).toEqual([0, 0, 0, 0, 0, 0]);
        continue;
      }
      const before = seen[t - 1]!;
      const after = remembering.unroll(tf.tensor2d(before.observations, [2, 3]), {
        state: tf.tensor2d(before.states, [2, 3]),
      }).state!;
      for (const [i, value] of after.dataSync().entries()) expect(states[i]).toBeCloseTo(value, 5);
    }
  });

  test('a seed, or a stream, names what happens', () => {
    const swinging = new GaussianPolicy({ observationDim: 3, actionDim: 1, hidden: [4], rng: new Rng(0) });
    const test = { policy: swinging, env: 'Pendulum-v1', envOptions: { maxEpisodeSteps: 5 }, episodes: 4 };
    const returns = (more: object) => evaluate({ ...test, ...more }).episodes.map((episode) => episode.return);
    expect(returns({ seed: 0 })).toEqual(returns({}));
    expect(returns({ rng: new Rng(0) })).toEqual(returns({}));
    expect(returns({ seed: 1 })).not.toEqual(returns({}));
    expect(returns({ greedy: true })).not.toEqual(returns({}));
  });

  test('acts by the rule that is named; noise that is held is drawn anew where an episode begins', () => {
    const swinging = makePolicy<string>('spline', { env: make('Pendulum-v1') as never, rng: new Rng(0), hidden: [4] });
    const about = { policy: swinging, env: 'Pendulum-v1', envOptions: { maxEpisodeSteps: 5 }, episodes: 4 };
    const returns = (more: object) => evaluate({ ...about, ...more }).episodes.map((episode) => episode.return);
    expect(returns({ acting: {} })).toEqual(returns({}));
    expect(returns({ acting: { rule: 'mode' } })).toEqual(returns({ greedy: true }));
    expect(returns({ acting: { rule: 'mode', candidates: 5 } })).toEqual(returns({ greedy: true, candidates: 5 }));
    expect(returns({ acting: { rule: 'densest' } })).not.toEqual(returns({ greedy: true }));
    expect(returns({ acting: { temperature: 0.5 } })).not.toEqual(returns({}));
    expect(() => returns({ acting: { hold: 0 } })).toThrow(/^evaluate: acting\.hold: got 0, expected an integer > 0/);
    expect(() => returns({ acting: { hold: 2 }, candidates: 4 })).toThrow(
      /^Actor: acting: got .* beside candidates: 4/,
    );

    // Of each environment the actions, which are the noise, of all episodes one after the other.
    const acted: [number[], number[]] = [[], []];
    const env = new SyncVectorEnv([() => new Uneven(), () => new Uneven()], { autoresetMode: 'sameStep' });
    const fixed = new GaussianPolicy({
      observationDim: 1,
      actionDim: 1,
      hidden: [],
      rng: new Rng(0),
      initialScale: 0.1,
    });
    for (const { kernel } of fixed.network.layers) tf.tidy(() => kernel.assign(tf.zerosLike(kernel)));
    const { episodes } = evaluate({
      ...{ policy: fixed, env, episodes: 12, acting: { hold: 4 } },
      onStep: ({ actions, episodes: playing }) => {
        playing.forEach((episode, i) => {
          if (episode >= 0) acted[i as 0 | 1].push(actions[i]!);
        });
      },
    });
    for (const i of [0, 1] as const) {
      const lengths = episodes.filter((_, episode) => episode % 2 === i).map(({ length }) => length);
      expect(new Set(lengths)).toEqual(new Set([1, 9]));
      let at = 0;
      const draws = lengths.flatMap((length) => {
        const own = acted[i].slice(at, at + length);
        at += length;
        const [a, b, c] = [own[0]!, own[4]!, own[8]!];
        expect(own).toEqual(length === 1 ? [a] : [a, a, a, a, b, b, b, b, c]);
        return length === 1 ? [a] : [a, b, c];
      });
      expect(new Set(draws).size).toBe(draws.length);
    }
  });

  test('opens a bounded number of environments, and closes them; one that is given stays open', () => {
    let [made, closed] = [0, 0];
    class Counted extends Uneven {
      constructor() {
        super();
        made++;
      }
      override close() {
        closed++;
      }
    }
    evaluate({ policy: still, env: () => new Counted(), episodes: 50 });
    expect([made, closed]).toEqual([16, 16]);
    evaluate({ policy: still, env: () => new Counted(), episodes: 50, numEnvs: 2 });
    expect([made, closed]).toEqual([18, 18]);
    evaluate({ policy: still, env: new Counted(), episodes: 2 });
    expect([made, closed]).toEqual([19, 18]);
    expect(() => evaluate({ policy, env: () => new Counted(), episodes: 3 })).toThrow(
      /^evaluate: wanted an environment/,
    );
    expect([made, closed]).toEqual([22, 21]);
  });

  test('step by step, with turns for others, the same', async () => {
    const wanted = evaluate({ ...options(), episodes: 3 });
    expect(await inTurns(evaluateStepwise({ ...options(), episodes: 3 }))).toEqual(wanted);
  });

  test('says which bounds a policy was made for, where the environment has others', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const swing = (low = -2, high = -low) => new RescaleAction(make('Pendulum-v1', { maxEpisodeSteps: 2 }), low, high);
    const policy = makePolicy<string>('gaussian', { env: swing() as never, rng: new Rng(0), hidden: [4] });
    const run = (env: object) => evaluate({ policy, env: env as never, episodes: 1 });
    run(swing());
    run(new ClipAction(swing(-1)));
    expect(warn).not.toHaveBeenCalled();
    for (let i = 0; i < 2; i++) run(swing(-0.4));
    new Reinforce({ policy, env: swing(-1), rng: new Rng(0) }).dispose();
    const lines = [/^evaluate: .*\[-2, 2\].*\[-0.4, 0.4\]$/, /^Reinforce: /];
    expect(warn.mock.calls.map(([line]) => line)).toEqual(lines.map((line) => expect.stringMatching(line)));
    warn.mockRestore();
  });
});
