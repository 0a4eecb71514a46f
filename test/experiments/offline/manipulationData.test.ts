import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { atEnd } from '../../../datasets/episode.ts';
import { type Dataset, openDataset, type StoredEpisode, spaceToJson } from '../../../datasets/index.ts';
import { DatasetWriter } from '../../../datasets/storedDataset.ts';
import { Box } from '../../../envs/index.ts';
import { playRecipes, singleTaskDataset, singleTaskRecipes } from '../../../experiments/offline/manipulationData.ts';

test('has play of three tables, and what it is worth to each of their five tasks', () => {
  expect([...playRecipes.keys()]).toEqual(['cube-single-play', 'scene-play', 'puzzle-3x3-play']);
  expect([...singleTaskRecipes.keys()]).toEqual(
    [...playRecipes.keys()].flatMap((play) => [1, 2, 3, 4, 5].map((task) => `${play}-singletask-task${task}`)),
  );
  expect(singleTaskRecipes.get('scene-play-singletask-task3')).toMatchObject({
    env: 'gymnasium:ogbench:scene-singletask-task3-v0',
    play: 'scene-play',
    task: 3,
  });
});

const task = singleTaskRecipes.get('cube-single-play-singletask-task2')!;

/** A step's observation and action are its number among all. @param paid what task 2 pays for each observation */
function episodeOf(first: number, paid: readonly number[]): StoredEpisode {
  const steps = paid.length - 1;
  return {
    observations: Float32Array.from(paid, (_, t) => first + t),
    actions: Float32Array.from({ length: 5 * steps }, (_, i) => (first + Math.floor(i / 5)) / 100),
    rewards: new Float64Array(steps),
    terminations: atEnd(steps, false),
    truncations: atEnd(steps, true),
    infos: { task1: new Float64Array(paid.length).fill(-1), task2: Float64Array.from(paid) },
    policy: 0,
  };
}

async function dataset(recipe: string, episodes: readonly StoredEpisode[]): Promise<Dataset> {
  const folder = mkdtempSync(join(tmpdir(), 'oxbow-play-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const space = (size: number) => spaceToJson(new Box({ low: -Infinity, high: Infinity, shape: [size] }));
  const about = {
    environment: null,
    observationSpace: space(1),
    actionSpace: space(5),
    dtypes: { observations: 'float32', actions: 'float32', rewards: 'float64' },
    infos: ['task1', 'task2'],
    policies: [{ name: 'expert' }],
    provenance: { recipe },
  } as const;
  const writer = new DatasetWriter(join(folder, 'data'), about as never, episodes.length);
  for (const episode of episodes) writer.append(episode);
  writer.finish();
  return openDataset(join(folder, 'data'));
}

test('a step is paid for the observation that it begins with, and ends the task where all is done', async () => {
  // The last observation, which no step begins with, counts for nothing.
  const played = await dataset('cube-single-play', [
    episodeOf(0, [-1, -1, 0, 0, -1, -1, 0]),
    episodeOf(10, [-1, -1, 0, -1]),
    episodeOf(20, [0, -1]),
  ]);
  const of = singleTaskDataset(task, played);
  const transitions = [...of.episodes()].map(({ observations, actions, rewards, terminations, truncations }) => ({
    observations: [...observations],
    actions: [...actions].filter((_, i) => i % 5 === 4).map((value) => Math.round(100 * value)),
    rewards: [...rewards],
    terminations: [...terminations],
    truncations: [...truncations],
  }));
  const ended = (steps: number) => ({ terminations: [...atEnd(steps, true)], truncations: [...atEnd(steps, false)] });
  expect(transitions).toEqual([
    { observations: [0, 1, 2, 3], actions: [0, 1, 2], rewards: [-1, -1, 0], ...ended(3) },
    { observations: [3, 4], actions: [3], rewards: [0], ...ended(1) },
    { observations: [4, 5, 6], actions: [4, 5], rewards: [-1, -1], terminations: [0, 0], truncations: [0, 1] },
    { observations: [10, 11, 12, 13], actions: [10, 11, 12], rewards: [-1, -1, 0], ...ended(3) },
    { observations: [20, 21], actions: [20], rewards: [0], ...ended(1) },
  ]);
  expect(of.numEpisodes).toBe(5);
  expect(of.about).toMatchObject({
    environment: { id: 'gymnasium:ogbench:cube-single-singletask-task2-v0' },
    infos: [],
    provenance: { recipe: 'cube-single-play-singletask-task2', of: played.hash },
  });
});

test('refuses play of another table, and what is no play, in one line', async () => {
  const scene = await dataset('scene-play', [episodeOf(0, [-1, -1])]);
  expect(() => singleTaskDataset(task, scene)).toThrow(
    /\/data: got a dataset of scene-play with task1, task2, expected one of cube-single-play with task2$/,
  );
  const third = singleTaskRecipes.get('cube-single-play-singletask-task3')!;
  const cube = await dataset('cube-single-play', [episodeOf(0, [-1, -1])]);
  expect(() => singleTaskDataset(third, cube)).toThrow(/got .* with task1, task2, expected .* with task3$/);
});
