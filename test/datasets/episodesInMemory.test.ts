import { expect, test } from 'vitest';
import { type Episode, EpisodesInMemory } from '../../datasets/index.ts';
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
  ['no step', { rewards: new Float32Array(0) }, 'has no step, expected at least one'],
  [
    'a reward that is none',
    { rewards: Float32Array.of(0, Number.NaN) },
    'rewards: row 1 has NaN, expected finite numbers',
  ],
  [
    'an infinite observation',
    { observations: Float32Array.of(0, 0, 0, 0, 0, Infinity) },
    'observations: row 2 has Infinity, expected finite numbers',
  ],
  [
    'a choice that there is not',
    { actions: Float32Array.of(1, 0) },
    'actions: row 1 is [0]: expected an integer in [1, 3], got 0',
  ],
  ['half a choice', { actions: Float32Array.of(1.5, 1) }, 'actions: row 0 is [1.5]: expected integers'],
  [
    'an end on the way',
    { terminations: Uint8Array.of(1, 0) },
    'ends at step 0 of 2, expected an end at its last step alone',
  ],
  [
    'no end',
    { truncations: Uint8Array.of(0, 0) },
    'its last step ends nothing, expected a termination or a truncation',
  ],
  ['infos of each step alone', { infos: { speed: new Float64Array(2) } }, 'infos.speed: got 2 numbers, expected 3'],
])('refuses %s', (_, changes, message) => {
  expect(() => new EpisodesInMemory({ ...spaces, episodes: [episode(), episode(changes)] })).toThrow(
    `EpisodesInMemory: episode 1: ${message}`,
  );
});

test('bits are checked, too', () => {
  const bits = { ...spaces, actionSpace: new MultiBinary(1) };
  expect(() => new EpisodesInMemory({ ...bits, episodes: [episode({ actions: Float32Array.of(0, 2) })] })).toThrow(
    'actions: row 1 is [2]: entry 0 is 2, expected 0 or 1',
  );
});

test('choices are checked in observations, and in parts of a row', () => {
  const room = new Discrete(3);
  const parts = new Dict({ room, place: new Box({ low: -1, high: 1, shape: [2] }) });
  const given = { ...spaces, actionSpace: new Box({ low: -1, high: 1, shape: [1] }) };
  const actions = Float32Array.of(0, 0);
  const problem = 'expected an integer in [0, 2], got 3';
  expect(
    () =>
      new EpisodesInMemory({
        ...{ ...given, observationSpace: room },
        episodes: [episode({ actions, observations: Float32Array.of(0, 2, 3) })],
      }),
  ).toThrow(`EpisodesInMemory: episode 0: observations: row 2 is [3]: ${problem}`);
  const rows = (last: number) => Float32Array.of(0, 9, 0, 0, 9, 1, 9, 0, last);
  const made = (last: number) =>
    new EpisodesInMemory({
      ...{ ...given, observationSpace: parts },
      episodes: [episode({ actions, observations: rows(last) })],
    });
  expect(made(2).numSteps).toBe(2);
  expect(() => made(3)).toThrow(`EpisodesInMemory: episode 0: observations: row 2 is [3] from column 2 on: ${problem}`);
});

test('refuses to have none', () => {
  expect(() => new EpisodesInMemory({ ...spaces, episodes: [] })).toThrow(
    'EpisodesInMemory: got no episode, expected at least one',
  );
});
