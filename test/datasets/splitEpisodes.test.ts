import { expect, test } from 'vitest';
import { EpisodesInMemory, splitEpisodes } from '../../datasets/index.ts';
import { Box } from '../../envs/index.ts';

/** Episodes with their numbers as rewards, of 1, 2, 3, 1, … steps. */
function numbered(count: number): EpisodesInMemory {
  const space = new Box({ low: -Infinity, high: Infinity, shape: [1] });
  const episodes = Array.from({ length: count }, (_, number) => {
    const steps = 1 + (number % 3);
    const truncations = new Uint8Array(steps);
    truncations[steps - 1] = 1;
    return {
      observations: new Float32Array(steps + 1),
      actions: new Float32Array(steps),
      rewards: new Float32Array(steps).fill(number),
      terminations: new Uint8Array(steps),
      truncations,
    };
  });
  return new EpisodesInMemory({ observationSpace: space, actionSpace: space, episodes });
}

const numbersOf = (source: { episodes(): Iterable<{ rewards: Float32Array }> }) =>
  [...source.episodes()].map(({ rewards }) => rewards[0]);

test('every episode is in one of the parts, in its order, and both count what they have', () => {
  const source = numbered(20);
  const { train, validation } = splitEpisodes(source, { validation: 0.25 });
  const [learned, held] = [numbersOf(train), numbersOf(validation)];
  expect([learned.length, held.length]).toEqual([15, 5]);
  expect([...learned, ...held].sort((a, b) => a! - b!)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  for (const part of [train, validation]) {
    const numbers = numbersOf(part);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a! - b!));
    expect(part.numSteps).toBe([...part.episodes()].reduce((sum, { rewards }) => sum + rewards.length, 0));
    expect(part.numEpisodes).toBe(numbers.length);
  }
});

test('the seed says which', () => {
  const held = (seed: number) => numbersOf(splitEpisodes(numbered(20), { validation: 0.25, seed }).validation);
  expect(held(1)).toEqual(held(1));
  expect(held(2)).not.toEqual(held(1));
});

test('there is at least one of each', () => {
  const sizes = (share: number) => {
    const { train, validation } = splitEpisodes(numbered(3), { validation: share });
    return [train.numEpisodes, validation.numEpisodes];
  };
  expect([sizes(0.01), sizes(0.99)]).toEqual([
    [2, 1],
    [1, 2],
  ]);
});

test('refuses a share that is none, and a single episode', () => {
  for (const validation of [0, 1]) {
    expect(() => splitEpisodes(numbered(3), { validation })).toThrow(
      `splitEpisodes: validation: got ${validation}, expected a share between 0 and 1`,
    );
  }
  expect(() => splitEpisodes(numbered(1), { validation: 0.5 })).toThrow(
    'splitEpisodes: got 1 episode, expected two or more',
  );
});
