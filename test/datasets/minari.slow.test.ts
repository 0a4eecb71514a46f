import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { DatasetWriter, openDataset } from '../../datasets/index.ts';
import { loadHdf5 } from '../../datasets/minari/hdf5.ts';
import { writeMinari } from '../../datasets/minari/writeMinari.ts';
import { Box, Dict, Discrete } from '../../envs/index.ts';
import { about, episodes, folder, problemOf } from './fixture.ts';

const GOLDEN = join(import.meta.dirname, 'golden');

/** What h5py prints of the second episode: its actions, its rewards, and its second observation in the order of the parts. */
const ACTIONS = [3, 1, 2];
const REWARDS = [-0.12258433521470018, 2.1178387550510482, -1.1120207626922813];
const ACHIEVED = [0.008142180518343508, -0.2756029052993704];
const DESIRED = [0.03972210748165899, -0.2924567509650886];
const OBSERVATION = [0.9053558666731177, 0.4463745723640113, -0.5369532353602852, 0.5811181041963531];
const ROW = [...ACHIEVED, ...DESIRED, ...OBSERVATION, 1];

/** The dataset that Python’s Minari has written, by `e2e/minari/write.py --golden`. */
function golden(): string {
  const path = join(folder(), 'maze-v0');
  mkdirSync(join(path, 'data'), { recursive: true });
  writeFileSync(join(path, 'data/main_data.hdf5'), gunzipSync(readFileSync(join(GOLDEN, 'main_data.hdf5.gz'))));
  writeFileSync(join(path, 'data/metadata.json'), readFileSync(join(GOLDEN, 'metadata.json')));
  return path;
}

function edit(path: string, changes: object): void {
  const file = join(path, 'data/metadata.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...changes }));
}

const BOX = { type: 'Box', dtype: 'float32', shape: [1], low: [-1], high: [1] };

type H5File = InstanceType<Awaited<ReturnType<typeof loadHdf5>>['File']>;
type H5Group = Pick<H5File, 'create_dataset' | 'create_group' | 'create_attribute'>;

/** A dataset of one episode of two steps, or more, whose file is written so. */
async function crafted(write: (file: H5File) => void, metadata: object = {}): Promise<string> {
  const path = golden();
  const file = new (await loadHdf5()).File(join(path, 'data/main_data.hdf5'), 'w');
  write(file);
  file.close();
  const space = JSON.stringify(BOX);
  edit(path, { total_episodes: 1, total_steps: 2, observation_space: space, action_space: space, ...metadata });
  return path;
}

type Column = { data: unknown; shape?: number[]; dtype?: string };

/** Adds an episode of so many steps, with these columns in place of its own, or without those that are null. */
function addEpisode(
  file: H5Group,
  name: string,
  { steps = 2, ...columns }: { steps?: number } & Record<string, Column | null | number> = {},
): H5Group {
  const group = file.create_group(name) as H5Group;
  const ends = Uint8Array.from({ length: steps }, (_, i) => Number(i === steps - 1));
  const all = {
    observations: { data: new Float32Array(steps + 1), shape: [steps + 1, 1] },
    actions: { data: new Float32Array(steps), shape: [steps, 1] },
    rewards: { data: new Float64Array(steps) },
    terminations: { data: new Uint8Array(steps) },
    truncations: { data: ends },
    ...(columns as Record<string, Column | null>),
  };
  for (const [column, given] of Object.entries(all)) {
    if (given !== null) group.create_dataset({ name: column, shape: [steps], ...given } as never);
  }
  return group;
}

/** A dataset whose observations are these columns, an episode of two steps each. */
const observing = (space: object, dtype: string, columns: readonly (Uint8Array | BigInt64Array)[]): Promise<string> =>
  crafted(
    (file) => {
      columns.forEach((data, i) => addEpisode(file, `episode_${i}`, { observations: { data, shape: [3, 1], dtype } }));
    },
    {
      ...{ total_episodes: columns.length, total_steps: 2 * columns.length },
      observation_space: JSON.stringify({ type: 'Box', shape: [1], ...space }),
    },
  );

describe('a dataset of Python’s Minari', () => {
  test('is read: parts of observations side by side, integers, booleans, infos, seeds', async () => {
    const dataset = await openDataset(golden());
    expect(dataset).toMatchObject({ numEpisodes: 2, numSteps: 5, format: 'minari', finished: true });
    const box = (n: number) => new Box({ low: -Infinity, high: Infinity, shape: [n], dtype: 'float64' });
    const parts = { observation: box(4), desired_goal: box(2), achieved_goal: box(2), room: new Discrete(3) };
    expect(String(dataset.observationSpace)).toBe(String(new Dict(parts)));
    expect(String(dataset.actionSpace)).toBe('Discrete(4, start 1)');
    expect(dataset.about).toMatchObject({
      environment: null,
      dtypes: { observations: 'float64', actions: 'int32', rewards: 'float64' },
      infos: ['place.x', 'success'],
      policies: [{ name: 'random' }],
      provenance: { minari: { dataset_id: 'maze-v0', author: ['oxbow'], minari_version: '0.5.4' } },
    });
    const [first, second] = [...dataset.storedEpisodes()];
    expect([first!.seed, second!.seed]).toEqual([100, 101]);
    expect([[...first!.terminations], [...second!.truncations]]).toEqual([
      [0, 1],
      [0, 0, 1],
    ]);
    expect([...second!.infos!.success!]).toEqual([0, 0, 0, 1]);
    expect([...second!.infos!['place.x']!]).toEqual([0, 0.25, 0.5, 0.75]);
    // As h5py prints them.
    expect([...second!.actions]).toEqual(ACTIONS);
    expect([...second!.rewards]).toEqual(REWARDS);
    expect([...second!.observations.subarray(9, 18)]).toEqual(ROW);
  });

  test('has integers of 64 bits in a box, in whichever episode they become large', async () => {
    const columns = [
      [1n, 2n, 3n],
      [1n, 2n, 3_000_000_000n],
    ].map((numbers) => BigInt64Array.from(numbers));
    const path = await observing({ dtype: 'int64', low: [0], high: [1e10] }, '<q', columns);
    const [first, second] = [...(await openDataset(path)).storedEpisodes()];
    expect([first!.observations, second!.observations]).toEqual([Float64Array.of(1, 2, 3), Float64Array.of(1, 2, 3e9)]);
    const back = join(folder(), 'back-v0');
    await writeMinari(await openDataset(path), back);
    const file = new (await loadHdf5()).File(join(back, 'data/main_data.hdf5'), 'r');
    const { dtype, value } = file.get('episode_1/observations') as { dtype?: unknown; value?: unknown };
    expect([dtype, value]).toEqual(['<q', columns[1]]);
    file.close();
  });

  test('has booleans in a box; infos of float16, which h5wasm does not read, are left out', async () => {
    const space = { dtype: 'bool', low: [false], high: [true] };
    const dataset = await openDataset(await observing(space, '<B', [Uint8Array.of(0, 1, 1)]));
    expect(String(dataset.observationSpace)).toBe('Box(0, 1, [1], uint8)');
    expect([...dataset.storedEpisodes()][0]!.observations).toEqual(Uint8Array.of(0, 1, 1));
    const path = await crafted(() => {});
    // Written by e2e/minari/elsewhere.py.
    writeFileSync(join(path, 'data/main_data.hdf5'), gunzipSync(readFileSync(join(GOLDEN, 'half.hdf5.gz'))));
    const half = await openDataset(path);
    expect(half.about).toMatchObject({ infos: ['speed'], provenance: { left: ['height'] } });
    expect([...[...half.storedEpisodes()][0]!.infos!.speed!]).toEqual([0, 1, 2]);
  });

  test('comes back from Minari’s format and from oxbow’s as it was', async () => {
    const dataset = await openDataset(golden());
    const [copied, stored, back] = [join(folder(), 'copied-v0'), join(folder(), 'stored'), join(folder(), 'back-v0')];
    await writeMinari(dataset, copied);
    const writer = new DatasetWriter(stored, dataset.about, dataset.numEpisodes);
    for (const episode of dataset.storedEpisodes()) writer.append(episode);
    writer.finish();
    await writeMinari(await openDataset(stored), back);
    const given = [...dataset.storedEpisodes()];
    for (const path of [copied, stored, back]) {
      const other = await openDataset(path);
      expect([...other.storedEpisodes()]).toEqual(given);
      expect(other.about).toEqual(dataset.about);
    }
    const file = new (await loadHdf5()).File(join(back, 'data/main_data.hdf5'), 'r');
    const dtypeOf = (name: string) => (file.get(`episode_1/${name}`) as { dtype?: unknown } | null)?.dtype;
    expect(['actions', 'observations/room', 'observations/observation'].map(dtypeOf)).toEqual(['<q', '<q', '<d']);
    file.close();
    const metadata = JSON.parse(readFileSync(join(back, 'data/metadata.json'), 'utf8'));
    const original = JSON.parse(readFileSync(join(GOLDEN, 'metadata.json'), 'utf8'));
    const { dataset_id: _, dataset_size: __, jpeg_encoding: ___, ...kept } = original;
    expect(metadata).toMatchObject({ ...kept, dataset_id: 'back-v0', jpeg_encoding: false });
  });
});

describe('a dataset of oxbow', () => {
  test('is written with the environment that Gymnasium makes again, where it has the same', async () => {
    const specOf = async (environment: { id: string; options: Record<string, never> }) => {
      const [path, out] = [join(folder(), 'data'), join(folder(), 'out-v0')];
      const writer = new DatasetWriter(path, about({ environment }), 3);
      for (const episode of episodes(3)) writer.append(episode);
      writer.finish();
      await writeMinari(await openDataset(path), out);
      expect((await openDataset(out)).about).toEqual(about({ environment }));
      const { env_spec: spec } = JSON.parse(readFileSync(join(out, 'data/metadata.json'), 'utf8'));
      return spec === undefined ? undefined : JSON.parse(spec);
    };
    expect(await specOf({ id: 'mujoco/Hopper-v5', options: {} })).toMatchObject({
      id: 'Hopper-v5',
      entry_point: 'gymnasium.envs.mujoco.hopper_v5:HopperEnv',
      max_episode_steps: 1000,
    });
    expect(await specOf({ id: 'Pendulum-v1', options: { g: 9 as never } })).toBeUndefined();
    expect(await specOf({ id: 'Lake-v0', options: {} })).toBeUndefined();
  });

  test('is written whole or not at all', async () => {
    const dataset = await openDataset(golden());
    const out = join(folder(), 'out-v0');
    const broken = {
      about: dataset.about,
      path: 'broken',
      observationSpace: dataset.observationSpace,
      actionSpace: dataset.actionSpace,
      *storedEpisodes() {
        yield* dataset.storedEpisodes();
        throw new Error('broken: episode 2: is damaged');
      },
    };
    await expect(writeMinari(broken as never, out)).rejects.toThrow('broken: episode 2: is damaged');
    expect(readdirSync(join(out, '..'))).toEqual([]);
    await writeMinari(dataset, out);
    await expect(writeMinari(dataset, out)).rejects.toThrow('EEXIST');
    await expect(writeMinari(dataset, join(folder(), 'maze'))).rejects.toThrow('got the name maze');
  });
});

describe('infos', () => {
  test('that only later episodes have are kept, or named as left out', async () => {
    const path = await crafted(
      (file) => {
        addEpisode(file, 'episode_0');
        const infos = addEpisode(file, 'episode_1').create_group('infos') as H5Group;
        infos.create_dataset({ name: 'late', data: Float64Array.of(1, 2, 3), shape: [3] });
        infos.create_dataset({ name: 'pairs', data: new Float64Array(6), shape: [3, 2] });
      },
      { total_episodes: 2, total_steps: 4 },
    );
    const dataset = await openDataset(path);
    expect(dataset.about).toMatchObject({ infos: ['late'], provenance: { left: ['pairs'] } });
    const [first, second] = [...dataset.storedEpisodes()];
    expect([...first!.infos!.late!, ...second!.infos!.late!]).toEqual([Number.NaN, Number.NaN, Number.NaN, 1, 2, 3]);
  });

  test('in circles, in many levels and by many ways are refused at once', async () => {
    const problem = async (write: (file: H5File) => void) =>
      problemOf(
        await crafted((file) => {
          addEpisode(file, 'episode_0').create_group('infos');
          write(file);
        }),
      );
    const begun = performance.now();
    const circle = await problem((file) => file.create_hard_link('/episode_0/infos', '/episode_0/infos/a'));
    expect(circle).toMatch(/^data\/data\/main_data.hdf5: episode 0: a.a.a.*: has groups in more than 16 levels/);
    const nested = (levels: number, ways: number) =>
      problem((file) => {
        let path = '/episode_0/infos';
        for (let i = 0; i < levels; i++) {
          file.create_group(`${path}/a`);
          for (let j = 1; j < ways; j++) file.create_hard_link(`${path}/a`, `${path}/b${j}`);
          path += '/a';
        }
      });
    expect(await nested(40, 1)).toMatch(/has groups in more than 16 levels$/);
    expect(await nested(14, 2)).toMatch(/has more names than a file of \d+ bytes: its links lead in circles$/);
    expect(await nested(10, 1)).toBe('none');
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});

describe('one line says what is wrong with', () => {
  test('what says that it is far larger than its file, before it is read', async () => {
    const steps = 2 ** 25;
    const packed = (file: H5Group) => {
      const group = addEpisode(file, 'episode_0', { rewards: null });
      // 32 MiB of zeros, 33 KB in the file.
      const data = new Uint8Array(steps);
      group.create_dataset({ name: 'rewards', data, shape: [steps], chunks: [2 ** 20], compression: 9, dtype: '<B' });
    };
    const { arrayBuffers } = process.memoryUsage();
    expect(await problemOf(await crafted(packed))).toContain(
      `episode 0: rewards: got ${steps} rows, expected 2 at most`,
    );
    const large = await problemOf(await crafted(packed, { total_steps: steps }));
    expect(large).toMatch(/episode 0: rewards: says that it has 33554432 numbers, .* more than a file of/);
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(2 ** 26);
    // One column that many episodes share is read as often.
    const count = 2000;
    const shared = await crafted(
      (file) => {
        addEpisode(file, 'episode_0', { steps: 1000 });
        for (let i = 1; i < count; i++) file.create_hard_link('/episode_0', `/episode_${i}`);
      },
      { total_episodes: count, total_steps: 1000 * count },
    );
    expect(await problemOf(shared)).toMatch(/: says that it has \d+ bytes, more than the rest of the file of \d+$/);
  });

  test('integers beyond those of JavaScript, and ends that are none', async () => {
    const rewards = (...numbers: bigint[]) =>
      crafted((file) => addEpisode(file, 'episode_0', { rewards: { data: BigInt64Array.from(numbers) } }));
    expect(await problemOf(await rewards(1n, 2n ** 53n + 1n))).toMatch(
      /rewards: has the integer 9007199254740992 at 1/,
    );
    expect(await problemOf(await rewards(-(2n ** 53n) + 1n, 7n))).toBe('none');
    const ends = (truncations: Column) => crafted((file) => addEpisode(file, 'episode_0', { truncations }));
    // Whole bytes of what these are would be 1 or 0.
    expect(await problemOf(await ends({ data: Float32Array.of(0, 1.5) }))).toMatch(/truncations: 1.5 is no uint8/);
    expect(await problemOf(await ends({ data: Int16Array.of(0, 257) }))).toMatch(/truncations: 257 is no uint8/);
  });

  test('columns that are refused, whose file is closed', async () => {
    const broken = await crafted((file) => addEpisode(file, 'episode_0', { rewards: null }));
    const cut = golden();
    truncateSync(join(cut, 'data/main_data.hdf5'), 5000);
    // Other tests of the same process open files, too.
    const isOurs = (fd: string) => [broken, cut].some((path) => linkOf(fd).startsWith(path));
    const open = () => readdirSync('/proc/self/fd').filter(isOurs).length;
    await problemOf(broken);
    for (let i = 0; i < 20; i++) {
      expect(await problemOf(broken)).toMatch(/has no rewards$/);
      expect(await problemOf(cut)).toMatch(/cannot be opened: /);
    }
    expect(open()).toBe(0);
    // What was refused is read when it is whole.
    writeFileSync(join(cut, 'data/main_data.hdf5'), gunzipSync(readFileSync(join(GOLDEN, 'main_data.hdf5.gz'))));
    expect(await problemOf(cut)).toBe('none');
  });

  test('metadata that are damaged, or of another format', async () => {
    const path = golden();
    const file = join(path, 'data/metadata.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.slice(0, 100));
    expect(await problemOf(path)).toMatch(/^data\/data\/metadata.json: cannot be read/);
    const wrapped = '{"id": "Pendulum-v1", "additional_wrappers": [{"name": "RescaleAction"}]}';
    for (const [changes, problem] of [
      [{ data_format: 'arrow' }, /^data\/data\/metadata.json: data_format: got "arrow"/],
      [{ total_episodes: 0 }, /^data\/data\/metadata.json: total_episodes: got 0/],
      [{ env_spec: wrapped }, /: env_spec: additional_wrappers\.0\.entry_point: got undefined/],
      [{ env_spec: '{"id": "Pendulum-v1", "kwargs": 3}' }, /: env_spec: kwargs: got 3/],
      [{ total_episodes: 1e9 }, /^data\/data\/main_data.hdf5: episode 2: episode_2 is no group of the file$/],
      [{ total_steps: 6 }, /^data: has 5 steps, expected 6$/],
      [{ observation_space: '{"type": "Graph"}' }, /^data: observation_space: type: /],
    ] as const) {
      writeFileSync(file, text);
      edit(path, changes);
      expect(await problemOf(path)).toMatch(problem);
    }
  });

  test('a file that is missing, empty, cut or foreign', async () => {
    const path = golden();
    const file = join(path, 'data/main_data.hdf5');
    const bytes = readFileSync(file);
    for (const size of [0, 100, bytes.length - 1000]) {
      truncateSync(file, size);
      expect(await problemOf(path)).toMatch(/^data\/data\/main_data.hdf5: cannot be opened: .+$/);
      writeFileSync(file, bytes);
    }
    writeFileSync(file, 'PK');
    expect(await problemOf(path)).toBe('data/data/main_data.hdf5: cannot be opened: file signature not found');
    // Neither would ever end.
    for (const [name, problem] of [
      ['main_data.hdf5', /^data\/data\/main_data.hdf5: there is no such file/],
      ['metadata.json', /^data: is no dataset/],
    ] as const) {
      const other = golden();
      rmSync(join(other, 'data', name));
      spawnSync('mkfifo', [join(other, 'data', name)]);
      expect(await problemOf(other)).toMatch(problem);
      rmSync(join(other, 'data', name));
      symlinkSync('/dev/zero', join(other, 'data', name));
      expect(await problemOf(other)).toMatch(problem);
    }
  });

  test('numbers in another file, which is not read: raw bytes, a virtual column, a link', async () => {
    const hdf5 = await loadHdf5();
    const said = (file: string) => new RegExp(`names another file, ${file}, expected all numbers in itself$`);
    // Written by e2e/minari/elsewhere.py.
    for (const kind of ['raw', 'virtual']) {
      const path = await crafted(() => {});
      const bytes = gunzipSync(readFileSync(join(GOLDEN, `${kind}.hdf5.gz`)));
      writeFileSync(join(path, 'data/main_data.hdf5'), bytes);
      expect(await problemOf(path)).toMatch(said('/dev/zero'));
    }
    const other = join(folder(), 'other.hdf5');
    writeFileSync(other, gunzipSync(readFileSync(join(GOLDEN, 'main_data.hdf5.gz'))));
    const linked = await crafted((file) => file.create_external_link(other, '/episode_0', 'episode_0'));
    expect(await problemOf(linked)).toMatch(said(other));
    // Others of the same program read what they like.
    const file = new hdf5.File(other, 'r');
    expect(file.keys()).toContain('episode_0');
    file.close();
  });

  const box = (changes: object) => ({ observation_space: JSON.stringify({ ...BOX, ...changes }) });
  const image = { dtype: 'uint8', shape: [32, 32], low: nested(0), high: nested(255) };
  test.each<[string, Record<string, Column | null>, object, string]>([
    ['no rewards', { rewards: null }, {}, 'data/data/main_data.hdf5: episode 0: has no rewards'],
    ['NaN', { rewards: { data: Float32Array.of(0, Number.NaN) } }, {}, 'data: episode 0: rewards: row 1 has NaN'],
    ['a row short', { observations: { data: new Float32Array(2) } }, {}, 'observations: got 2 numbers, expected 3'],
    [
      'columns in the place of rows',
      { observations: { data: new Float32Array(6), shape: [2, 3] } },
      box({ shape: [2], low: [-1, -1], high: [1, 1] }),
      'observations: got the shape [2,3], expected 3 rows of [2]',
    ],
    ['texts', {}, box({ type: 'Text', min_length: 0, max_length: 9, charset: 'ab' }), 'data: observations: are texts'],
    ['images', {}, box(image), 'data: observations: are images as JPEG'],
    ['nothing', {}, {}, 'none'],
  ])('columns that do not fit their spaces, or are none: %s', async (_, columns, metadata, problem) => {
    const path = await crafted((file) => {
      addEpisode(file, 'episode_0', columns).create_attribute('policy', 'ppo');
    }, metadata);
    expect(await problemOf(path)).toContain(problem);
    if (problem !== 'none') return;
    const [episode] = (await openDataset(path)).episodes();
    expect(episode).not.toHaveProperty('policy');
  });
});

function nested(value: number): number[][] {
  return Array.from({ length: 32 }, () => new Array(32).fill(value));
}

/** What a descriptor of this process leads to; empty if it has been closed meanwhile. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
