import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { episodeStatistics, evaluate } from '../../../agents/index.ts';
import { evaluateTrained } from '../../../cli/train/evaluateTrained.ts';
import { make } from '../../../envs/index.ts';
import { type Distribution, makePolicy, negentropyEstimate, type Policy, Rng } from '../../../src/index.ts';
import { negentropyOfTwoModes } from '../../oracle/densities.ts';
import { perturb } from '../../support/perturb.ts';
import { TwoModes } from '../../support/twoModes.ts';

const GAIN = 8;
const config = (maxEpisodeSteps: number, evaluationEpisodes: number) => ({
  env: { maxEpisodeSteps },
  evaluationEpisodes,
});

/** What an evaluation sees at each step, as `evaluate` tells it. */
function stepsOf(policy: Policy, id: string, steps: number, episodes: number) {
  const seen: { observation: number[]; state: number[] }[] = [];
  evaluate({
    ...{ policy, env: id, envOptions: { maxEpisodeSteps: steps }, episodes, rng: new Rng(0) },
    onStep: ({ observations, states, episodes: playing }) => {
      const row = (values: Float32Array, dim: number, i: number) => [...values.subarray(i * dim, (i + 1) * dim)];
      for (const [i, episode] of playing.entries()) {
        if (episode < 0) continue;
        const [observation, state] = [row(observations, policy.observationDim, i), row(states, policy.stateDim, i)];
        seen.push({ observation, state });
      }
    },
  });
  return seen;
}

describe('evaluateTrained', () => {
  // The walker goes up from y = 0, and the modes come apart as it does.
  const policy = new TwoModes(2, { gain: GAIN });
  const exact = (steps: ReturnType<typeof stepsOf>) =>
    steps.map(({ observation }) => negentropyOfTwoModes(GAIN * Math.abs(observation[1]!)));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  test('of few steps looks at all of them: mean and largest are those of integrals', async () => {
    const expected = exact(stepsOf(policy, 'Lake-v0', 12, 4));
    expect(expected.length).toBeGreaterThan(20);
    expect(expected.length).toBeLessThan(64);
    const { shape } = await evaluateTrained(policy, 'Lake-v0', config(12, 4), new Rng(0));
    expect(Math.max(...expected)).toBeGreaterThan(0.2);
    expect(Math.abs(shape.negentropy! - mean(expected))).toBeLessThan(0.015);
    expect(Math.abs(shape.largestNegentropy! - Math.max(...expected))).toBeLessThan(0.08);
  });

  test('of many steps it chooses some, the late as often as the early', async () => {
    const expected = exact(stepsOf(policy, 'Lake-v0', 50, 20));
    expect(expected.length).toBeGreaterThan(640);
    const spread = Math.sqrt(mean(expected.map((value) => (value - mean(expected)) ** 2)));
    const found = await Promise.all(
      Array.from({ length: 3 }, (_, seed) => evaluateTrained(policy, 'Lake-v0', config(50, 20), new Rng(seed))),
    );
    const average = mean(found.map(({ shape }) => shape.negentropy!));
    expect(Math.abs(average - mean(expected))).toBeLessThan((4 * spread) / Math.sqrt(3 * 64));
    // The first 64 steps, or the last, have another mean.
    for (const some of [expected.slice(0, 64), expected.slice(-64)]) {
      expect(Math.abs(mean(some) - mean(expected))).toBeGreaterThan((4 * spread) / Math.sqrt(3 * 64));
    }
  });

  test('its episodes are those of evaluate, with sampled and with greedy actions, counted as they end', async () => {
    const ended: number[] = [];
    const count = (number: number) => ended.push(number);
    const { sampled, greedy } = await evaluateTrained(policy, 'Lake-v0', config(12, 4), new Rng(0), count);
    expect(ended).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const by = (isGreedy: boolean) =>
      evaluate({
        ...{ policy, env: 'Lake-v0', envOptions: { maxEpisodeSteps: 12 }, episodes: 4, greedy: isGreedy },
        rng: new Rng(0),
      });
    expect([sampled, greedy]).toEqual([false, true].map((isGreedy) => episodeStatistics(by(isGreedy).episodes)));
  });

  test('a policy with a memory is looked at with what it knew', async () => {
    const env = make('Pendulum-v1');
    const rng = new Rng('memory');
    const remembering = perturb(
      makePolicy('spline', { env, rng, hidden: [8], memory: 'gru', memoryUnits: 4 }) as Policy,
      rng,
    );
    // In the second round one of 16 environments plays.
    const { shape } = await evaluateTrained(remembering, 'Pendulum-v1', config(3, 17), new Rng(0));
    const steps = stepsOf(remembering, 'Pendulum-v1', 3, 17);
    const of = (key: 'observation' | 'state') => tf.tensor2d(steps.map((step) => step[key]));
    const estimate = (state: tf.Tensor) => {
      const { latent } = remembering.given(of('observation'), { state }) as unknown as { latent: Distribution };
      const { value } = negentropyEstimate(latent, {
        rng: new Rng(0).split('negentropy').split('draws'),
        samples: 512,
      });
      return mean([...value.dataSync()]);
    };
    expect(shape.negentropy).toBeCloseTo(estimate(of('state')), 3);
    expect(shape.negentropy).not.toBeCloseTo(estimate(tf.zeros([51, 4])), 3);
  });

  test.each([
    ['CartPole-v1', 'categorical'],
    ['Pendulum-v1', 'flow-matching'],
  ])('on %s a %s policy has no negentropy', async (id, name) => {
    const made = makePolicy<string>(name, { env: make(id as 'CartPole-v1'), rng: new Rng(0), hidden: [4] });
    expect((await evaluateTrained(made, id, config(5, 2), new Rng(0))).shape).toEqual({});
  });
});
