import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { openDataset, writeDataset } from '../../datasets/index.ts';
import { Rng } from '../../src/index.ts';
import { folder, problemOf } from './fixture.ts';

/** Files that e2e/flat/write.py has written by h5py and numpy. */
const GOLDEN = join(import.meta.dirname, 'golden');
const bytesOf = (name: string) =>
  name.endsWith('.npz') ? readFileSync(join(GOLDEN, name)) : gunzipSync(readFileSync(join(GOLDEN, `${name}.gz`)));
const read = async (name: string) => {
  const path = join(folder(), name);
  writeFileSync(path, bytesOf(name));
  const dataset = await openDataset(path);
  return { dataset, episodes: [...dataset.storedEpisodes()] };
};

/** What e2e/flat/write.py has in some rows. */
const observationsOf = (...rows: number[]) => rows.flatMap((row) => [row, row + 0.25, row + 0.5]);
const actionsOf = (...rows: number[]) => rows.flatMap((row) => [0 - row / 16, 1 - row / 16]);
const plain = (values: ArrayLike<number>) => Array.from(values, (value) => value + 0);

describe('D4RL', () => {
  test('without next observations, steps whose end is not known are left out', async () => {
    const { dataset, episodes } = await read('d4rl.hdf5');
    expect(dataset.format).toBe('d4rl');
    expect([dataset.numEpisodes, dataset.numSteps]).toEqual([4, 4 + 3 + 1 + 2]);
    expect(dataset.about.dtypes).toEqual({ observations: 'float32', actions: 'float32', rewards: 'float32' });
    expect(dataset.about.infos).toEqual(['speed']);
    expect(dataset.about.provenance).toEqual({ left: ['infos/qpos', 'metadata/algorithm'] });
    expect(episodes.map(({ observations }) => plain(observations))).toEqual([
      observationsOf(0, 1, 2, 3, 3),
      observationsOf(4, 5, 6, 7),
      observationsOf(8, 8),
      observationsOf(9, 10, 11),
    ]);
    expect(episodes.map(({ actions }) => plain(actions))).toEqual([
      actionsOf(0, 1, 2, 3),
      actionsOf(4, 5, 6),
      actionsOf(8),
      actionsOf(9, 10),
    ]);
    expect(episodes.map(({ rewards }) => plain(rewards))).toEqual([
      [0, 1 / 8, 2 / 8, 3 / 8],
      [4 / 8, 5 / 8, 6 / 8],
      [1],
      [9 / 8, 10 / 8],
    ]);
    expect(episodes.map(({ terminations }) => terminations.at(-1))).toEqual([1, 0, 1, 0]);
    expect(episodes.map(({ truncations }) => truncations.at(-1))).toEqual([0, 1, 0, 1]);
    expect(episodes[0]!.infos).toEqual({ speed: Float64Array.of(0, 1 / 3, 2 / 3, 1, Number.NaN) });
    expect(episodes[1]!.infos).toEqual({ speed: Float64Array.of(4 / 3, 5 / 3, 2, 7 / 3) });
  });

  test('with next observations all steps are kept, and a break in them ends an episode where no timeouts are', async () => {
    const { dataset, episodes } = await read('d4rlNext.hdf5');
    expect([dataset.numEpisodes, dataset.numSteps]).toEqual([4, 12]);
    expect(episodes.map(({ observations }) => plain(observations))).toEqual([
      observationsOf(0, 1, 2, 3, 4),
      [...observationsOf(4, 5, 6, 7), 100, 100, 100],
      observationsOf(8, 9),
      observationsOf(9, 10, 11, 12),
    ]);
    expect(episodes.map(({ actions }) => actions.length / 2)).toEqual([4, 4, 1, 3]);
    expect(episodes.map(({ terminations }) => terminations.at(-1))).toEqual([1, 0, 1, 0]);
    expect(episodes.map(({ truncations }) => truncations.at(-1))).toEqual([0, 1, 0, 1]);
  });
});

describe('OGBench', () => {
  test('a walk’s last row is its last observation, and no task ends', async () => {
    const { dataset, episodes } = await read('ogbench.npz');
    expect(dataset.format).toBe('ogbench');
    expect([dataset.numEpisodes, dataset.numSteps]).toEqual([2, 10]);
    expect(dataset.about.dtypes).toEqual({ observations: 'float64', actions: 'float32', rewards: 'float32' });
    expect(dataset.about.provenance).toEqual({ left: ['qpos'] });
    expect(episodes.map(({ observations }) => plain(observations))).toEqual([
      observationsOf(0, 1, 2, 3, 4),
      observationsOf(5, 6, 7, 8, 9, 10, 11),
    ]);
    expect(episodes.map(({ actions }) => plain(actions))).toEqual([
      actionsOf(0, 1, 2, 3),
      actionsOf(5, 6, 7, 8, 9, 10),
    ]);
    expect(episodes.flatMap(({ rewards }) => plain(rewards))).toEqual(new Array(10).fill(0));
    expect(episodes.map(({ terminations }) => terminations.at(-1))).toEqual([0, 0]);
    expect(episodes.map(({ truncations }) => truncations.at(-1))).toEqual([1, 1]);
    expect(episodes[0]!.infos).toEqual({ button: Float64Array.of(0, 1, 2, 3, 4) });
  });

  test('pixels are bytes of their shape', async () => {
    const { dataset, episodes } = await read('ogbench-val.npz');
    expect(dataset.about.observationSpace).toMatchObject({ type: 'Box', dtype: 'uint8', shape: [2, 2, 1] });
    expect(episodes[0]!.observations).toEqual(
      Uint8Array.from({ length: 20 }, (_, i) => 20 * Math.floor(i / 4) + (i % 4)),
    );
  });
});

test('in oxbow’s format they hold the same', async () => {
  for (const name of ['d4rl.hdf5', 'd4rlNext.hdf5', 'ogbench.npz', 'ogbench-val.npz']) {
    const { dataset, episodes } = await read(name);
    const out = join(folder(), 'out');
    await writeDataset(dataset, out, 'oxbow');
    expect([...(await openDataset(out)).storedEpisodes()]).toEqual(episodes);
  }
});

/** A file of arrays, each with this header of numpy’s and some bytes. */
function npz(arrays: Record<string, readonly [string, number]>): string {
  const path = join(folder(), 'crafted.npz');
  const entries = Object.entries(arrays).map(([name, [header, bytes]]) => {
    const text = new TextEncoder().encode(header);
    const head = Uint8Array.of(0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, text.length, 0);
    return [`${name}.npy`, Buffer.concat([head, text, new Uint8Array(bytes)])] as const;
  });
  writeFileSync(path, zipSync(Object.fromEntries(entries)));
  return path;
}
const header = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': (${shape}), }`;

test('of two infos of one name one is read', async () => {
  const rows = [header('<f4', '2, 1'), 8] as const;
  const flags = [header('|b1', '2,'), 2] as const;
  const two = [header('<f8', '2,'), 16] as const;
  const path = npz({
    observations: rows,
    actions: rows,
    rewards: flags,
    terminals: flags,
    timeouts: flags,
    speed: two,
    'infos/speed': two,
  });
  const { about } = await openDataset(path);
  expect([about.infos, about.provenance]).toEqual([['speed'], { left: ['infos/speed'] }]);
});

test('what is not read is said in one line', async () => {
  const [rows, flags] = [
    [header('<f4', '2, 2'), 16],
    [header('|b1', '2,'), 2],
  ] as const;
  const problem = (more: Record<string, readonly [string, number]>) =>
    problemOf(npz({ observations: rows, actions: rows, terminals: flags, ...more }));
  expect(await problem({})).toBe('data: terminals: the last row has 0, expected the end of a walk');
  for (const [type, bytes] of [
    ['|O', 16],
    ['>f4', 16],
    ['<f2', 8],
  ] as const) {
    expect(await problem({ actions: [header(type, '2, 2'), bytes] })).toBe(
      'data: actions: holds no numbers that are read, expected float32, float64, integers or booleans, little-endian',
    );
  }
  expect(await problem({ actions: [header('<f4', '2, 2', 'True'), 16] })).toBe(
    'data: actions.npy: is in the order of Fortran, expected rows one after another: np.ascontiguousarray',
  );
  expect(await problem({ actions: [header('<f4', '2, 999999999'), 16] })).toBe(
    'data: actions.npy: has 16 bytes of numbers, expected 7999999992: <f4 [2,999999999]',
  );
  expect(await problem({ actions: [header('<f4', '1, 2'), 8] })).toBe('data: actions: has 1 rows, expected 2');
  expect(await problemOf(npz({ observations: rows }))).toBe('data: has no column actions, got observations');
  // A timeout makes it D4RL's, which has rewards.
  expect(await problem({ timeouts: flags })).toBe(
    'data: has no column rewards, got observations, actions, terminals, timeouts',
  );
  // 200 MB of zeros in 200 kB.
  expect(await problem({ actions: [header('<f4', '2, 25000000'), 200_000_000] })).toMatch(
    /^data: cannot be unpacked: says that it unpacks to more than \d+ bytes/,
  );
});

/** Whatever of a file is cut or turned round, reading it gives one line or numbers; of a zip, with its sums, equal ones. */
test.each(['d4rl.hdf5', 'd4rlNext.hdf5', 'ogbench.npz', 'ogbench-val.npz'])('damaged versions of %s', async (name) => {
  const whole = bytesOf(name);
  const expected = (await read(name)).episodes;
  const path = join(folder(), name);
  const rng = new Rng(7);
  let refused = 0;
  for (let i = 0; i < 150; i++) {
    const bytes = Buffer.from(whole);
    const isCut = i % 3 === 0;
    if (!isCut) bytes[rng.integer(0, bytes.length)]! ^= 1 << rng.integer(0, 8);
    writeFileSync(path, isCut ? bytes.subarray(0, rng.integer(0, bytes.length)) : bytes);
    try {
      const episodes = [...(await openDataset(path)).storedEpisodes()];
      if (name.endsWith('.npz')) expect(isCut ? [] : episodes).toHaveLength(expected.length);
      if (name.endsWith('.npz') && episodes.length === expected.length) {
        expect(episodes.map(({ observations, actions }) => [observations, actions])).toEqual(
          expected.map(({ observations, actions }) => [observations, actions]),
        );
      }
    } catch (error) {
      const { name: kind, message } = error as Error;
      if (kind === 'AssertionError') throw error;
      expect(message).toMatch(/^[^\n]+$/);
      expect(message).toContain(path);
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(50);
});
