import { expect, test } from 'vitest';
import { type Episode, EpisodesInMemory, splitEpisodes } from '../../datasets/index.ts';
import { Box, Dict, Discrete, MultiBinary } from '../../envs/index.ts';

const spaces = {
  observationSpace: new Box({ low: -1, high: 1, shape: [2] }),
  actionSpace: new Discrete(3, 1),
};

function episode(changes: Partial<Episode> = {}): Episode {
  return {
    observations: Float32Array.of(0, 1, 2, 3, 4, 5),
    actions: Float32Array.of(1, 3),
    rewards: Float32Array.of(0.5, -0.5),
    terminations: Uint8Array.of(0, 0),
    truncations: Uint8Array.of(0, 1),
    ...changes,
  };
}

test('gives what it got, as often as it is asked, and counts', () => {
  const source = new EpisodesInMemory({ ...spaces, episodes: [episode(), episode({ seed: 7 })] });
  expect([source.numEpisodes, source.numSteps]).toEqual([2, 4]);
  expect([...source.episodes()]).toEqual([episode(), episode({ seed: 7 })]);
  expect([...source.episodes()]).toHaveLength(2);
});

test.each<[string, Partial<Episode>, string]>([
  ['an observation short', { observations: new Float32Array(4) }, 'observations: got 4 numbers, expected 3 × 2'],
  ['actions of another space', { actions: new Float32Array(4) }, 'actions: got 4 numbers, expected 2 × 1'],
  ['no step', { rewards: new Float32Array(0) }, 'has no step'],
  ['a reward that is none', { rewards: Float32Array.of(0, Number.NaN) }, 'rewards: row 1 has NaN'],
  [
    'an infinite observation',
    { observations: Float32Array.of(0, 0, 0, 0, 0, Infinity) },
    'observations: row 2 has Inf',
  ],
  [
    'a choice that there is not',
    { actions: Float32Array.of(1, 0) },
    'actions: row 1 is [0]: expected an integer in [1, 3]',
  ],
  ['half a choice', { actions: Float32Array.of(1.5, 1) }, 'actions: row 0 is [1.5]: expected integers'],
  ['an end on the way', { terminations: Uint8Array.of(1, 0) }, 'ends at step 0 of 2'],
  ['no end', { truncations: Uint8Array.of(0, 0) }, 'its last step ends nothing'],
  ['infos of each step alone', { infos: { speed: new Float64Array(2) } }, 'infos.speed: got 2 numbers, expected 3'],
])('refuses %s', (_, changes, message) => {
  expect(() => new EpisodesInMemory({ ...spaces, episodes: [episode(), episode(changes)] })).toThrow(
    `EpisodesInMemory: episode 1: ${message}`,
  );
});

test('choices and bits are checked wherever they stand, and there is an episode at least', () => {
  const room = new Discrete(3);
  const parts = new Dict({ room, place: new Box({ low: -1, high: 1, shape: [2] }) });
  const box = { ...spaces, actionSpace: new Box({ low: -1, high: 1, shape: [1] }) };
  const made = (own: object, changes: Partial<Episode>) =>
    new EpisodesInMemory({ ...box, ...own, episodes: [episode({ actions: Float32Array.of(0, 0), ...changes })] });
  const bits = { actionSpace: new MultiBinary(1) };
  expect(() => made(bits, { actions: Float32Array.of(0, 2) })).toThrow('actions: row 1 is [2]: entry 0 is 2');
  const rooms = { observations: Float32Array.of(0, 2, 3) };
  expect(() => made({ observationSpace: room }, rooms)).toThrow('observations: row 2 is [3]: expected an integer');
  const rows = (last: number) => ({ observations: Float32Array.of(0, 9, 0, 0, 9, 1, 9, 0, last) });
  expect(made({ observationSpace: parts }, rows(2)).numSteps).toBe(2);
  expect(() => made({ observationSpace: parts }, rows(3))).toThrow('observations: row 2 is [3] from column 2 on');
  expect(() => new EpisodesInMemory({ ...spaces, episodes: [] })).toThrow('EpisodesInMemory: got no episode');
});

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

test('the seed says which, and there is at least one of each', () => {
  const held = (seed: number) => numbersOf(splitEpisodes(numbered(20), { validation: 0.25, seed }).validation);
  expect(held(1)).toEqual(held(1));
  expect(held(2)).not.toEqual(held(1));
  const sizes = (share: number) => {
    const { train, validation } = splitEpisodes(numbered(3), { validation: share });
    return [train.numEpisodes, validation.numEpisodes];
  };
  expect([sizes(0.01), sizes(0.5), sizes(0.99)]).toEqual([
    [2, 1],
    [1, 2],
    [1, 2],
  ]);
});

test('refuses a share that is none, and a single episode', () => {
  for (const validation of [0, 1]) {
    expect(() => splitEpisodes(numbered(3), { validation })).toThrow(`splitEpisodes: validation: got ${validation}`);
  }
  expect(() => splitEpisodes(numbered(1), { validation: 0.5 })).toThrow('splitEpisodes: got 1 episode');
});
