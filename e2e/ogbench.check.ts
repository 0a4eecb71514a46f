/**
 * Play of OGBench's experts, and steps in its mazes, in the Python of `OXBOW_PYTHON`, which must have PyPI's `ogbench` 1.2.2 and `mujoco` 3.14.0:
 * `npm run check:gymnasium -- ogbench`.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { ContentHash, type StoredEpisode } from '../datasets/index.ts';
import { playDataset, playRecipes } from '../experiments/offline/manipulationData.ts';
import { root, temporaryFolder } from './project.ts';
import { pythonWith } from './pythonWith.ts';

const folder = temporaryFolder('ogbench');
beforeAll(() => {
  vi.stubEnv('OXBOW_PYTHON', process.env.OXBOW_PYTHON || pythonWith(folder.path, ['ogbench==1.2.2', 'mujoco==3.14.0']));
  vi.stubEnv('MUJOCO_GL', 'disable');
  return () => folder[Symbol.dispose]();
});

const STEPS = 1000;
const TASKS = ['task1', 'task2', 'task3', 'task4', 'task5'] as const;

function play(name: string, seed: number, episodes: number): StoredEpisode[] {
  const dataset = playDataset(playRecipes.get(name)!, { seed, episodes });
  try {
    return [...dataset.episodes()];
  } finally {
    dataset.dispose();
  }
}

describe.each([...playRecipes.keys()])('%s', (name) => {
  test('the same draw gives the same bits, and an episode does not depend on those before it', () => {
    const [first, second] = play(name, 0, 2);
    const [again] = play(name, 0, 1);
    const [other] = play(name, 1, 1);
    expect(ContentHash.of([again!])).toBe(ContentHash.of([first!]));
    expect(ContentHash.of([other!])).not.toBe(ContentHash.of([first!]));
    expect(ContentHash.of([second!])).not.toBe(ContentHash.of([first!]));
  });

  test('experts act within the bounds, bring things to their targets, and tasks pay for what is done', () => {
    const [{ actions, rewards, infos = {}, truncations, terminations }] = play(name, 2, 1) as [StoredEpisode];
    expect([actions.length, truncations.at(-1), terminations.at(-1)]).toEqual([5 * STEPS, 1, 0]);
    expect(actions.every((value) => Math.abs(value) <= 1)).toBe(true);
    for (let i = 0; i < 5; i++) expect(new Set(actions.filter((_, j) => j % 5 === i)).size).toBeGreaterThan(100);
    const atTarget = Array.from(rewards).reduce((sum, reward) => sum + reward, 0) / STEPS;
    expect(atTarget).toBeGreaterThan(0.1);
    expect(Object.keys(infos).sort()).toEqual([...TASKS]);
    const things = { 'cube-single-play': 1, 'scene-play': 5, 'puzzle-3x3-play': 9 }[name]!;
    for (const task of TASKS) {
      expect(infos[task]).toHaveLength(STEPS + 1);
      expect(infos[task]!.every((paid) => Number.isInteger(paid) && paid <= 0 && paid >= -things)).toBe(true);
    }
  });
});

test('a task with a cube pays by its distance to the goal, which an observation has in tenths of a metre', () => {
  // Metres, from `task_infos` of the package's cube_env.py.
  const goals = [
    [0.425, -0.1, 0.02],
    [0.5, 0, 0.02],
    [0.35, 0, 0.02],
    [0.5, 0.2, 0.02],
    [0.5, -0.2, 0.02],
  ];
  let done = 0;
  for (const { observations, infos = {} } of play('cube-single-play', 3, 6)) {
    const width = observations.length / (STEPS + 1);
    goals.forEach((goal, i) => {
      infos[TASKS[i]!]!.forEach((paid, t) => {
        const place = [0.425, 0, 0].map((center, axis) => center + observations[t * width + 19 + axis]! / 10);
        const distance = Math.hypot(...place.map((x, axis) => x - goal[axis]!));
        // What is stored is rounded.
        if (Math.abs(distance - 0.04) > 1e-5) expect([t, paid]).toEqual([t, distance <= 0.04 ? 0 : -1]);
        if (paid === 0) done += 1;
      });
    });
  }
  expect(done).toBeGreaterThan(0);
});

/** The numbers at whatever depth, one after another. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

test.each([
  ['ogbench_golden.py', 'ogbenchPointMaze.json'],
  ['ogbench_ant_golden.py', 'ogbenchAntMaze.json'],
])('%s writes what tests hold of the mazes', (script, stored) => {
  // MuJoCo leaves a log where it runs.
  const options = { cwd: folder.path, encoding: 'utf8', maxBuffer: 1e9 } as const;
  const text = execFileSync(process.env.OXBOW_PYTHON!, [join(root, 'e2e/mujoco', script)], options);
  const [written, held] = [text, readFileSync(join(root, 'test/envs/golden', stored), 'utf8')].map((json) =>
    numbersIn(JSON.parse(json)),
  ) as [number[], number[]];
  expect(written).toHaveLength(held.length);
  // The last digits of a native library are those of a machine.
  expect(written.filter((x, i) => !(Math.abs(x - held[i]!) < 1e-9))).toEqual([]);
});
