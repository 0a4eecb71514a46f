/** Datasets in Minari's format, both ways, beside PyPI's `minari`. `OXBOW_PYTHON` names a Python that has it already. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { collectDataset } from '../cli/commands/collectDataset.ts';
import { type Leaf, leavesOf, type NumberArray } from '../datasets/episode.ts';
import { type Dataset, openDataset } from '../datasets/index.ts';
import { isInt64 } from '../datasets/minari/metadata.ts';
import { writeMinari } from '../datasets/minari/writeMinari.ts';
import { makeVec } from '../envs/index.ts';
import { root, run, temporaryFolder } from './project.ts';
import { pythonWith } from './pythonWith.ts';

vi.setConfig({ testTimeout: 120_000 });

const folder = temporaryFolder('minari');
const python =
  process.env.OXBOW_PYTHON || pythonWith(folder.path, ['minari[hdf5]==0.5.4', 'gymnasium', 'h5py', 'pillow']);
afterAll(() => folder[Symbol.dispose]());

/** What Minari reads of datasets in the folder, by e2e/minari/read.py. */
function readByMinari(...names: string[]): Record<string, unknown>[] {
  const printed = run(root, python, ['e2e/minari/read.py', folder.path, ...names], { OMP_NUM_THREADS: '1' });
  return printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The checksums that e2e/minari/read.py takes: of each column's parts in turn, as numpy has them. */
function sumsOf(dataset: Dataset): { [column: string]: string } {
  const leaves = { observations: leavesOf(dataset.observationSpace), actions: leavesOf(dataset.actionSpace) };
  const sums = { observations: createHash('sha256'), actions: createHash('sha256'), rewards: createHash('sha256') };
  for (const episode of dataset.storedEpisodes()) {
    const steps = episode.rewards.length;
    for (const leaf of leaves.observations) sums.observations.update(partOf(episode.observations, steps + 1, leaf));
    for (const leaf of leaves.actions) sums.actions.update(partOf(episode.actions, steps, leaf));
    sums.rewards.update(episode.rewards);
  }
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum.digest('hex')]));
}

function partOf(values: NumberArray, rows: number, { space, path, offset }: Leaf): NodeJS.TypedArray {
  const width = values.length / rows;
  const part = Array.from(
    { length: rows * space.size },
    (_, i) => values[Math.floor(i / space.size) * width + offset + (i % space.size)]!,
  );
  if (isInt64(space)) return BigInt64Array.from(part, BigInt);
  return path.length === 0 ? values : Float64Array.from(part);
}

test('what Minari has written is read to the bit, and comes back to it', async () => {
  run(root, python, ['e2e/minari/write.py', folder.path], { OMP_NUM_THREADS: '1' });
  const names = ['pendulum-v0', 'maze-v0'];
  for (const name of names) {
    await writeMinari(await openDataset(join(folder.path, name)), join(folder.path, `back-${name}`));
  }
  const [pendulum, maze, ...back] = readByMinari(...names, ...names.map((name) => `back-${name}`));
  expect(back).toEqual([pendulum, maze]);
  expect(sumsOf(await openDataset(join(folder.path, 'pendulum-v0')))).toEqual(sumsIn(pendulum!));
  expect(sumsOf(await openDataset(join(folder.path, 'maze-v0')))).toEqual(sumsIn(maze!));
  expect((await openDataset(join(folder.path, 'pendulum-v0'))).about.environment).toEqual({
    id: 'Pendulum-v1',
    options: {},
  });
});

test.each([
  ['Pendulum-v1', 'Pendulum-v1', 'float32'],
  ['CartPole-v1', 'CartPole-v1', 'int64'],
])(
  'what oxbow has collected in %s is read by Minari to the bit, with its environment',
  async (id, recovered, dtype) => {
    const stored = join(folder.path, id);
    const name = `${id.split('-')[0]!.toLowerCase()}-v1`;
    const env = makeVec(id, { numEnvs: 2 });
    await collectDataset(
      stored,
      env,
      {
        environment: { id, options: {} },
        policies: [{ policy: 'random', about: { name: 'random' } }],
        counts: [3],
        seed: 0,
        greedy: false,
        noise: 0,
        infos: [],
        provenance: {},
      },
      { signal: new AbortController().signal, onProgress: () => {} },
    );
    env.close();
    const dataset = await openDataset(stored);
    await writeMinari(dataset, join(folder.path, name));
    const [read] = readByMinari(name);
    expect(read).toMatchObject({
      ...sumsOf(dataset),
      episodes: 3,
      steps: dataset.numSteps,
      recovered,
      spacesFit: true,
    });
    expect(read!.dtypes).toEqual({
      observations: ['float32'],
      actions: [dtype],
      rewards: ['float64'],
      terminations: ['bool'],
      truncations: ['bool'],
    });
  },
);

function sumsIn({ observations, actions, rewards }: Record<string, unknown>): object {
  return { observations, actions, rewards };
}
