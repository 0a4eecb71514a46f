import { describe, expect, test } from 'vitest';
import { chunkedDemonstrations } from '../../agents/core/sequences.ts';
import { BehaviorCloning } from '../../agents/index.ts';
import { Box } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { gaussian, mean } from './firstUpdate.ts';
import { datasetOf, logProb, matchingLoss, randomEpisodes } from './offline/support.ts';
import { box, variablesOf } from './support.ts';

const LENGTH = 3;
const chunked = () => gaussian(box, { chunk: LENGTH });

describe('cloning chunks', () => {
  const lengths = [4, 1, 6, 2];
  const rows = lengths.reduce((a, b) => a + b);
  const rng = new Rng('pairs');
  const observations = rng.fillNormal(new Float32Array(2 * rows));
  const actions = Float32Array.from({ length: 2 * rows }, (_, i) =>
    rng.uniform(0.9 * box.low[i % 2]!, 0.9 * box.high[i % 2]!),
  );
  const demonstrations = { observations, actions, episodes: lengths.map((length) => ({ length })) };

  test('takes the actions from each step on, and of other steps behind an end', () => {
    const made = chunkedDemonstrations({ policy: chunked(), wholeChunks: false }, demonstrations, 'demonstrations');
    expect(made.observations).toEqual(observations);
    const row = (at: number) => [...actions.subarray(2 * at, 2 * at + 2)];
    const known = new Set(Array.from({ length: rows }, (_, at) => String(row(at))));
    const fillers = new Set<string>();
    let [at, following] = [0, 0];
    for (const length of lengths) {
      for (let t = 0; t < length; t++, at++) {
        for (let k = 0; k < LENGTH; k++) {
          const own = [...made.actions.subarray(2 * (at * LENGTH + k), 2 * (at * LENGTH + k + 1))];
          if (t + k < length) expect(own).toEqual(row(at + k));
          else {
            fillers.add(String(own));
            following += Number(String(own) === String(row((at + k) % rows)));
          }
        }
        expect(made.lengths![at]).toBe(Math.min(LENGTH, length - t));
      }
    }
    for (const filler of fillers) expect(known).toContain(filler);
    expect(fillers.size).toBeGreaterThan(3);
    // Drawn, and not what happens to follow: the beginnings of other episodes.
    expect(following).toBeLessThan(3);
    expect(
      chunkedDemonstrations({ policy: chunked(), wholeChunks: false }, demonstrations, 'demonstrations').actions,
    ).toEqual(made.actions);
    expect(chunkedDemonstrations({ policy: gaussian(), wholeChunks: false }, demonstrations, 'demonstrations')).toBe(
      demonstrations,
    );
  });

  test('takes only chunks that fit, where these are whole', () => {
    const whole = { policy: chunked(), wholeChunks: true };
    const made = chunkedDemonstrations(whole, demonstrations, 'demonstrations');
    // Of episodes of 4, 1, 6 and 2 steps, one after the other.
    const begins = [0, 1, 5, 6, 7, 8];
    expect([...made.lengths!]).toEqual(begins.map(() => LENGTH));
    expect([...made.observations]).toEqual(begins.flatMap((at) => [...observations.subarray(2 * at, 2 * at + 2)]));
    expect([...made.actions]).toEqual(begins.flatMap((at) => [...actions.subarray(2 * at, 2 * (at + LENGTH))]));
    expect(new BehaviorCloning({ ...whole, demonstrations, batchSize: 6 })).toBeInstanceOf(BehaviorCloning);
    for (const [options, message] of [
      [{ ...whole, batchSize: 7 }, 'batchSize: got 7, expected at most the 6 demonstrated pairs'],
      [
        { ...whole, policy: gaussian() },
        'wholeChunks: got true for a policy of single actions, expected one with chunk: 4, say',
      ],
      [
        { ...whole, policy: gaussian(box, { chunk: 7 }) },
        'wholeChunks: got shorter episodes alone in the demonstrations, expected some of the 7 steps of a chunk',
      ],
    ] as const) {
      expect(() => new BehaviorCloning({ ...options, demonstrations })).toThrow(
        new Error(`BehaviorCloning: ${message}`),
      );
    }
  });

  test('has the mean of −log π of these chunks as its loss, from pairs and from a dataset', () => {
    const policy = chunked();
    const agent = new BehaviorCloning({ policy, demonstrations });
    const { actions: chunks } = chunkedDemonstrations({ policy, wholeChunks: false }, demonstrations, 'demonstrations');
    const of = variablesOf(policy);
    const wanted = -mean(
      Array.from({ length: rows }, (_, at) =>
        logProb(of, {
          observation: [...observations.subarray(2 * at, 2 * at + 2)],
          action: [...chunks.subarray(2 * LENGTH * at, 2 * LENGTH * (at + 1))],
        }),
      ),
    );
    expect(agent.evaluate(demonstrations)).toBeCloseTo(wanted, 4);
    agent.dispose();
  });

  test('of flow matching has the loss of what was made of them, without what is behind an end', () => {
    const spaces = { observationSpace: new Box({ low: -9, high: 9, shape: [2] }), actionSpace: box, hidden: [3] };
    const policy = makePolicy('flow-matching', { ...spaces, chunk: LENGTH, rng: new Rng(0) });
    const agent = new BehaviorCloning({ policy, demonstrations });
    const { actions: chunks, lengths: made } = chunkedDemonstrations(
      { policy, wholeChunks: false },
      demonstrations,
      'demonstrations',
    );
    const stream = new Rng('behavior-cloning/evaluate');
    const width = 2 * LENGTH;
    const losses = Array.from({ length: 16 }, () => {
      const noise = stream.fillNormal(new Float32Array(rows * width));
      const times = stream.fillUniform(new Float32Array(rows));
      return mean(
        Array.from({ length: rows }, (_, at) => {
          const taken = {
            observation: [...observations.subarray(2 * at, 2 * at + 2)],
            action: [...chunks.subarray(width * at, width * (at + 1))],
          };
          const own = [...noise.subarray(width * at, width * (at + 1))];
          return matchingLoss(variablesOf(policy), taken, own, times[at]!, 2 * made![at]!);
        }),
      );
    });
    expect(agent.evaluate(demonstrations)).toBeCloseTo(mean(losses), 4);
    agent.dispose();
  });

  test('learns from the episodes of a dataset as from its pairs, to the byte', async () => {
    const episodes = randomEpisodes();
    const pairs = {
      observations: Float32Array.from(episodes.flatMap(({ observations: seen }) => [...seen.subarray(0, -2)])),
      actions: Float32Array.from(episodes.flatMap(({ actions: taken }) => [...taken])),
      episodes: episodes.map(({ rewards }) => ({ length: rewards.length })),
    };
    const states = await Promise.all(
      [{ dataset: datasetOf(episodes) }, { demonstrations: pairs, validation: pairs }].map(async (data) => {
        const policy = chunked();
        const agent = new BehaviorCloning({ policy, ...data, batchSize: 8, reportEvery: 4 });
        const losses: number[] = [];
        for await (const { loss } of agent.train({ steps: 12, rng: new Rng(0) })) losses.push(loss);
        agent.dispose();
        return losses;
      }),
    );
    expect(states[0]).toEqual(states[1]);
    expect(states[0]!.at(-1)).toBeLessThan(states[0]![0]!);
  });

  test('counts actions without bounds in units of the data, the same in each action of a chunk', () => {
    const free = new Box({ low: -Infinity, high: Infinity, shape: [2] });
    const far = actions.map((x, i) => 100 * (i % 2) + (1 + 9 * (i % 2)) * x);
    const policy = makePolicy('gaussian', {
      ...{ observationSpace: new Box({ low: -9, high: 9, shape: [2] }), actionSpace: free, hidden: [3] },
      ...{ chunk: LENGTH, rng: new Rng(0) },
    });
    const agent = new BehaviorCloning({ policy, demonstrations: { ...demonstrations, actions: far } });
    const { shift, scale } = policy.actionScale!.units();
    for (const j of [0, 1]) {
      const own = [...far].filter((_, i) => i % 2 === j);
      const average = mean(own);
      const deviation = Math.sqrt(mean(own.map((x) => (x - average) ** 2)));
      for (let k = 0; k < LENGTH; k++) {
        expect(shift[2 * k + j]).toBeCloseTo(average, 4);
        expect(scale[2 * k + j]).toBeCloseTo(deviation, 4);
      }
    }
    agent.dispose();
  });
});
