import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import zlib, { gzipSync } from 'node:zlib';
import { ByteWriter, ParquetWriter, parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, test } from 'vitest';
import { ContentHash, DatasetWriter, openDataset, writeDataset } from '../../datasets/index.ts';
import { Box, Dict, Discrete } from '../../envs/index.ts';
import { Rng } from '../../src/index.ts';
import { about, episodes, folder, problemOf } from './fixture.ts';

/** Folders that e2e/lerobot/write.py has written by pyarrow and pandas. */
const GOLDEN = join(import.meta.dirname, 'golden');
const DATA = 'data/chunk-000/file-000.parquet';
const read = async (name: string) => {
  const dataset = await openDataset(join(GOLDEN, name));
  return { dataset, episodes: [...dataset.storedEpisodes()] };
};
/** A copy of one of them. */
const copied = (name: string) => {
  const path = join(folder(), 'data');
  cpSync(join(GOLDEN, name), path, { recursive: true });
  return path;
};
const edited = (name: string, edit: (info: Record<string, never>) => object) => {
  const path = copied(name);
  const file = join(path, 'meta/info.json');
  const info = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...info, ...edit(info) }));
  return path;
};

/** What e2e/lerobot/write.py has in some rows. */
const plain = (values: ArrayLike<number>) => Array.from(values, (value) => value + 0);
const observationsOf = (...rows: number[]) =>
  rows.flatMap((row) => [10 * row, 10 * row + 1, row, row + 0.25, row + 0.5]);
const actionsOf = (...rows: number[]) => rows.flatMap((row) => [0 - row / 16, 1 - row / 16]);
const pixelsOf = (...rows: number[]) => rows.flatMap((row) => [0, 1, 2, 3].map((i) => 16 * row + i));

describe('what pyarrow has written', () => {
  test('of a robot, by Snappy: the last step of an episode that a limit cut is left out, that of a success is kept', async () => {
    const { dataset, episodes } = await read('lerobotSnappy');
    expect([dataset.format, dataset.numEpisodes, dataset.numSteps]).toEqual(['lerobot', 2, 4 + 4]);
    const box = (size: number) => new Box({ low: -Infinity, high: Infinity, shape: [size] });
    expect(String(dataset.observationSpace)).toBe(String(new Dict({ environment_state: box(2), state: box(3) })));
    expect(String(dataset.actionSpace)).toBe(String(box(2)));
    expect(dataset.about.dtypes).toEqual({ observations: 'float32', actions: 'float32', rewards: 'float32' });
    expect(dataset.about.provenance).toEqual({
      lerobot: { codebase_version: 'v3.0', fps: 10, robot_type: 'so100', tasks: ['push', 'pull'] },
      left: ['observation.images.top', 'observation.note', 'wrench'],
    });
    expect(episodes.map(({ observations }) => plain(observations))).toEqual([
      observationsOf(0, 1, 2, 3, 3),
      observationsOf(4, 5, 6, 7, 8),
    ]);
    expect(episodes.map(({ actions }) => plain(actions))).toEqual([actionsOf(0, 1, 2, 3), actionsOf(4, 5, 6, 7)]);
    expect(episodes.map(({ rewards }) => plain(rewards))).toEqual([
      [0, 1 / 8, 2 / 8, 3 / 8],
      [4 / 8, 5 / 8, 6 / 8, 7 / 8],
    ]);
    expect(episodes.map(({ terminations }) => terminations.at(-1))).toEqual([1, 0]);
    expect(episodes.map(({ truncations }) => truncations.at(-1))).toEqual([0, 1]);
    expect(episodes[0]!.infos).toEqual({
      grip: Float64Array.of(0, 0.5, 1, 1.5, Number.NaN),
      task_index: Float64Array.of(0, 0, 0, 0, Number.NaN),
    });
    expect(episodes[1]!.infos!.task_index).toEqual(Float64Array.of(1, 1, 1, 1, 1));
  });

  test('of a simulation, by gzip, in two files: an episode ends at its first row that is done', async () => {
    const { dataset, episodes } = await read('lerobotGzip');
    expect(String(dataset.actionSpace)).toBe(String(new Discrete(3)));
    expect(dataset.about.observationSpace).toMatchObject({ type: 'Box', dtype: 'uint8', shape: [2, 2, 1] });
    expect(dataset.about.dtypes).toEqual({ observations: 'uint8', actions: 'int32', rewards: 'float64' });
    expect(dataset.about.infos).toEqual([]);
    // Rows 2, 6 and 12 are padded, row 13 as well; of rows 7 and 8 none is done, and the last step leads nowhere.
    expect(episodes.map(({ observations }) => plain(observations))).toEqual([
      pixelsOf(0, 1, 2),
      pixelsOf(3, 4, 5, 6),
      pixelsOf(7, 8),
      pixelsOf(9, 10, 11, 12),
    ]);
    expect(episodes.map(({ actions }) => plain(actions))).toEqual([[0, 1], [0, 1, 2], [1], [0, 1, 2]]);
    expect(episodes.map(({ rewards }) => plain(rewards))).toEqual(
      [[0, 1], [3, 4, 5], [7], [9, 10, 11]].map((rows) => rows.map((row) => row / 3)),
    );
    expect(episodes.map(({ terminations }) => terminations.at(-1))).toEqual([1, 0, 0, 1]);
    expect(episodes.map(({ truncations }) => truncations.at(-1))).toEqual([0, 1, 1, 0]);
  });

  test('by Zstandard, which Node unpacks itself from 22.15 on', async () => {
    const path = join(GOLDEN, 'lerobotZstd');
    if (!('zstdDecompressSync' in zlib)) {
      const problem = `is packed by ZSTD, which needs Node 22.15 or later, this is ${process.version}`;
      return expect(await problemOf(path)).toBe(`data/${DATA}: observation.state: ${problem}`);
    }
    const [episode] = (await openDataset(path)).storedEpisodes();
    expect(episode!.observations).toEqual(Float32Array.of(0, 0.25, 0.5));
    expect(episode!.actions).toEqual(Float64Array.of(0, 1, 1 / 3, 4 / 3));
  });

  test.each(['lerobotSnappy', 'lerobotGzip'])(
    '%s holds the same in oxbow’s format and in LeRobot’s again',
    async (name) => {
      const { dataset, episodes } = await read(name);
      for (const format of ['oxbow', 'lerobot'] as const) {
        const out = join(folder(), 'out');
        await writeDataset(dataset, out, format);
        const again = await openDataset(out);
        expect([...again.storedEpisodes()]).toEqual(episodes);
        expect(again.about).toEqual(dataset.about);
      }
    },
  );
});

describe('what oxbow writes', () => {
  /** A dataset with a Dict, −0, an info that is NaN, and an episode that ends both ways. */
  const written = async () => {
    const observation = new Dict({ place: new Box({ low: -9, high: 9, shape: [2] }), mode: new Discrete(3) });
    const source = join(folder(), 'source');
    const writer = new DatasetWriter(source, about({ infos: ['speed'] }, { observation }), 4);
    for (const [i, episode] of episodes(4, { infos: ['speed'] }).entries()) {
      const rows = episode.rewards.length + 1;
      const observations = Float32Array.from({ length: 3 * rows }, (_, at) => (at % 3 === 0 ? at % 2 : -at / 4));
      observations[1] = -0;
      episode.infos!.speed![0] = Number.NaN;
      writer.append({ ...episode, observations, ...(i === 0 && { truncations: episode.terminations }) });
    }
    const hash = writer.finish();
    const path = join(folder(), 'out');
    await writeDataset(await openDataset(source), path, 'lerobot');
    return { source: await openDataset(source), path, hash };
  };
  const json = (path: string, name: string) => JSON.parse(readFileSync(join(path, 'meta', name), 'utf8'));

  test('comes back with the same hash, seeds and policies', async () => {
    const { source, path, hash } = await written();
    const dataset = await openDataset(path);
    expect(ContentHash.of(dataset.storedEpisodes())).toBe(hash);
    expect([...dataset.storedEpisodes()]).toEqual([...source.storedEpisodes()]);
    expect(dataset.about).toEqual(source.about);
  });

  test('comes back with equal numbers without what oxbow says of it, as LeRobot leaves it', async () => {
    const { source, path } = await written();
    const { oxbow: _, ...info } = json(path, 'info.json');
    writeFileSync(join(path, 'meta/info.json'), JSON.stringify(info));
    const numbers = ({ storedEpisodes }: { storedEpisodes: typeof source.storedEpisodes }, of: typeof source) =>
      [...storedEpisodes.call(of)].map(({ seed: _, policy: __, rewards, ...episode }) => ({ ...episode, rewards }));
    const dataset = await openDataset(path);
    expect(numbers(dataset, dataset)).toEqual(numbers(source, source));
  });

  test('says what LeRobot asks of it', async () => {
    const { path } = await written();
    const { features, oxbow: _, ...info } = json(path, 'info.json');
    expect(info).toEqual({
      codebase_version: 'v3.0',
      fps: 30,
      total_episodes: 4,
      total_frames: 14,
      total_tasks: 1,
      chunks_size: 1000,
      data_files_size_in_mb: 100,
      video_files_size_in_mb: 200,
      data_path: 'data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet',
      video_path: null,
      robot_type: null,
      splits: { train: '0:4' },
    });
    expect(features['observation.state']).toEqual({
      dtype: 'float32',
      shape: [3],
      names: ['mode.0', 'place.0', 'place.1'],
    });
    expect(features.action).toEqual({ dtype: 'int64', shape: [1], names: ['0'] });
    expect(features.timestamp).toEqual({ dtype: 'float32', shape: [1], names: null });
  });

  test('has statistics of all rows, by plain sums', async () => {
    const { path, source } = await written();
    const stats = json(path, 'stats.json');
    const rows = [...source.storedEpisodes()].flatMap(({ rewards }) => [...rewards, 0]);
    const mean = rows.reduce((sum, value) => sum + value, 0) / rows.length;
    const variance = rows.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / rows.length;
    const { min, max, count, ...reward } = stats['next.reward'];
    expect([min, max, count]).toEqual([[Math.min(...rows)], [Math.max(...rows)], [14]]);
    expect(reward.mean[0]).toBeCloseTo(mean, 12);
    expect(reward.std[0]).toBeCloseTo(Math.sqrt(variance), 12);
    expect(stats['next.done'].mean[0]).toBeCloseTo(8 / 14, 12);
    // It is NaN in some rows, and JSON has no such number.
    expect(stats['info.speed']).toBeUndefined();
  });

  test('many zeros keep their signs, which a dictionary of values would lose', async () => {
    const source = join(folder(), 'source');
    const writer = new DatasetWriter(source, about(), 1);
    const ends = new Uint8Array(99);
    ends[98] = 1;
    const zeros = Array.from({ length: 200 }, (_, i) => (i % 3 === 0 ? -0 : 0));
    writer.append({
      observations: Float32Array.from(zeros),
      actions: new Int32Array(99).fill(1),
      rewards: Float64Array.from(zeros.slice(0, 99)),
      terminations: ends,
      truncations: new Uint8Array(99),
    });
    const hash = writer.finish();
    const out = join(folder(), 'out');
    await writeDataset(await openDataset(source), out, 'lerobot');
    expect(ContentHash.of((await openDataset(out)).storedEpisodes())).toBe(hash);
  });

  test('an info with a slash is refused', async () => {
    const source = join(folder(), 'source');
    const writer = new DatasetWriter(source, about({ infos: ['a/b'] }), 1);
    for (const episode of episodes(1, { infos: ['a/b'] })) writer.append(episode);
    writer.finish();
    const out = join(folder(), 'out');
    await expect(writeDataset(await openDataset(source), out, 'lerobot')).rejects.toThrow(
      `${out}: the info a/b cannot name a column of LeRobot's: it has a slash`,
    );
  });
});

test('what is not read is said in one line', async () => {
  const problem = (edit: (info: Record<string, never>) => object) => problemOf(edited('lerobotSnappy', edit));
  expect(await problem(() => ({ codebase_version: 'v2.1' }))).toBe(
    'data/meta/info.json: has the codebase_version "v2.1", this oxbow reads v3.0: lerobot.scripts.convert_dataset_v21_to_v30 makes it of v2.1',
  );
  expect(await problem(() => ({ codebase_version: 'v4.0' }))).toContain('"v4.0", this oxbow reads v3.0');
  expect(await problem(() => ({ total_frames: 10 }))).toBe('data: has 9 rows in its files, expected total_frames 10');
  expect(await problem(() => ({ total_episodes: 3 }))).toBe('data: has 2 episodes, expected total_episodes 3');
  const without =
    (...names: string[]) =>
    (info: { features?: object }) => ({
      features: Object.fromEntries(Object.entries(info.features!).filter(([name]) => !names.includes(name))),
    });
  expect(await problem(without('action'))).toBe('data: has no column action of numbers');
  expect(await problem(without('observation.state', 'observation.environment_state'))).toBe(
    'data: has no column observation.… of numbers, expected one: images and videos are not read',
  );
  const wide = (info: { features?: object }) => ({
    features: { ...info.features, action: { dtype: 'float32', shape: [3] } },
  });
  expect(await problem(wide)).toBe(`data/${DATA}: action: has 8 values of FLOAT in 4 rows, expected 12 of FLOAT`);
});

/** A dataset whose file of rows is these bytes. */
function crafted(bytes: Uint8Array): string {
  const path = copied('lerobotSnappy');
  writeFileSync(join(path, DATA), bytes);
  return path;
}
const features = { 'observation.state': { dtype: 'float64', shape: [1] }, action: { dtype: 'float64', shape: [1] } };
const NAMES = ['observation.state', 'action', 'frame_index', 'episode_index'];
const rowsWith = (options: object): Uint8Array => {
  const columnData = NAMES.map((name) => {
    const data = Array.from({ length: 9 }, (_, row) => (name === 'episode_index' ? 0 : row));
    return { name, data, type: 'DOUBLE' as const };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData, ...options }));
};
const datasetWith = (bytes: Uint8Array, rows = 9) => {
  const path = crafted(bytes);
  const file = join(path, 'meta/info.json');
  const info = { ...JSON.parse(readFileSync(file, 'utf8')), features, total_frames: rows, total_episodes: 1 };
  writeFileSync(file, JSON.stringify(info));
  return path;
};
const problemWith = (bytes: Uint8Array, rows = 9) => problemOf(datasetWith(bytes, rows));

test('other ways of packing', async () => {
  for (const options of [
    { codec: 'UNCOMPRESSED' },
    { codec: 'GZIP', compressors: { GZIP: (bytes: Uint8Array) => gzipSync(bytes) } },
    { pageSize: 16 },
  ]) {
    const [episode] = (await openDataset(datasetWith(rowsWith(options)))).storedEpisodes();
    expect(episode!.observations).toEqual(Float64Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8));
    expect(episode!.actions).toEqual(Float64Array.of(0, 1, 2, 3, 4, 5, 6, 7));
  }
});

describe('files that are made to harm', () => {
  test('lists in the footer with far more entries than bytes', async () => {
    // Twenty in each other: room for all of them would take gigabytes.
    const footer = [0x29, ...Array.from({ length: 20 }, () => [0xf9, 0xff, 0xff, 0xff, 0x0f]).flat()];
    const bytes = Uint8Array.of(...Buffer.from('PAR1'), ...footer, footer.length, 0, 0, 0, ...Buffer.from('PAR1'));
    expect(await problemWith(bytes)).toBe(`data/${DATA}: its footer is damaged`);
  });

  test('bytes of Snappy that lead back to themselves', async () => {
    const hostile = Uint8Array.of(72, 0xfc, 0xfa, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    const bytes = rowsWith({ compressors: { SNAPPY: () => hostile } });
    expect(await problemWith(bytes)).toBe(`data/${DATA}: observation.state: missing eof marker`);
  });

  test('a run that is longer than its page', async () => {
    const bytes = rowsWith({ codec: 'UNCOMPRESSED' });
    // Levels: nine times 1.
    const at = Buffer.from(bytes).indexOf(Buffer.of(18, 1, 0, 0, 0, 0, 0, 0, 0, 0));
    expect(at).toBeGreaterThan(0);
    bytes[at] = 126;
    expect(await problemWith(bytes)).toMatch(/: observation\.state: has a run that is longer than its page$/);
  });

  test('a billion rows in a few bytes', async () => {
    const rows = 10n ** 9n;
    const writer = new ByteWriter();
    const elements = NAMES.map((name) => ({ name, type: 'INT64' as const, repetition_type: 'REQUIRED' as const }));
    const open = new ParquetWriter({ writer, schema: [{ name: 'root', num_children: NAMES.length }, ...elements] });
    open.write({ columnData: NAMES.map((name) => ({ name, data: [0n] })) });
    const [group] = open.row_groups as [(typeof open.row_groups)[0]];
    open.num_rows = rows;
    group.num_rows = rows;
    for (const { meta_data } of group.columns) meta_data!.num_values = rows;
    open.finish();
    expect(await problemWith(writer.getBytes(), Number(rows))).toMatch(
      /^data\/data\/chunk-000\/file-000\.parquet: observation\.state: says that it unpacks to more than \d+ bytes/,
    );
  });

  test('a way of packing that is not read', async () => {
    const bytes = rowsWith({ codec: 'LZ4_RAW', compressors: { LZ4_RAW: (input: Uint8Array) => input } });
    expect(await problemWith(bytes)).toContain(
      'is packed by LZ4_RAW, which is not read, expected SNAPPY, ZSTD, GZIP or none',
    );
  });
});

/** Whatever of its files is cut or turned round, reading a dataset gives one line or numbers. */
test.each(['lerobotSnappy', 'lerobotGzip'])('damaged versions of %s', async (name) => {
  const rng = new Rng(7);
  const path = copied(name);
  let refused = 0;
  for (let i = 0; i < 150; i++) {
    const file = join(path, [DATA, DATA, 'meta/tasks.parquet', 'meta/info.json'][rng.integer(0, 4)]!);
    const whole = readFileSync(file);
    const bytes = Buffer.from(whole);
    const isCut = i % 3 === 0;
    if (!isCut) bytes[rng.integer(0, bytes.length)]! ^= 1 << rng.integer(0, 8);
    writeFileSync(file, isCut ? bytes.subarray(0, rng.integer(0, bytes.length)) : bytes);
    try {
      for (const _ of (await openDataset(path)).storedEpisodes());
    } catch (error) {
      const { message } = error as Error;
      expect(message).toMatch(/^[^\n]+$/);
      expect(message).toContain(path);
      refused += 1;
    }
    writeFileSync(file, whole);
  }
  expect(refused).toBeGreaterThan(50);
});
