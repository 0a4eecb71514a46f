import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type DatasetFormat, DatasetWriter, openDataset, writeDataset } from '../../datasets/index.ts';
import { about, episodes, folder, problemOf } from './fixture.ts';

const FILES = {
  oxbow: 'data',
  minari: 'data-v0',
  lerobot: 'data',
  jsonl: 'data.jsonl',
  csv: 'data.csv',
} satisfies Record<DatasetFormat, string>;
const infos = ['distance', 'speed.x'];

/** Five episodes with numbers that texts easily lose. */
async function source() {
  const path = join(folder(), 'source');
  const writer = new DatasetWriter(path, about({ infos }), 5);
  for (const episode of episodes(5, { infos })) {
    episode.rewards[0] = -0;
    episode.infos!.distance![0] = Number.NaN;
    episode.infos!.distance![1] = Infinity;
    writer.append(episode);
  }
  writer.finish();
  return openDataset(path);
}

test.each(Object.entries(FILES))('a dataset comes back from the format %s to the bit', async (format, name) => {
  const dataset = await source();
  const path = join(folder(), name);
  await writeDataset(dataset, path, format as DatasetFormat);
  const other = await openDataset(path);
  expect([...other.storedEpisodes()]).toEqual([...dataset.storedEpisodes()]);
  expect(other.about).toEqual(dataset.about);
  expect([other.numEpisodes, other.numSteps, other.format]).toEqual([5, 15, format]);
});

test.each(Object.entries(FILES))('as %s a signal ends the writing, and nothing stays', async (format, name) => {
  const path = join(folder(), name);
  const dataset = await source();
  const controller = new AbortController();
  const { signal } = controller;
  let [begun, isClosed] = [[] as string[], false];
  const long = Object.create(dataset, {
    storedEpisodes: {
      *value() {
        // Comes in its turn, or when all is written.
        setTimeout(() => {
          begun = readdirSync(join(path, '..'));
          controller.abort();
        });
        try {
          for (const end = performance.now() + 500; performance.now() < end; ) yield* dataset.storedEpisodes();
        } finally {
          isClosed = true;
        }
      },
    },
  });
  const thrown = await writeDataset(long, path, format as DatasetFormat, { signal }).catch((error) => error);
  expect(thrown).toBe(signal.reason);
  expect(thrown.name).toBe('AbortError');
  expect(begun).toEqual([expect.stringMatching(/^\.oxbow-.*\.tmp$/)]);
  expect(isClosed).toBe(true);
  expect(readdirSync(join(path, '..'))).toEqual([]);
  // Before it begins.
  const never = Object.create(dataset, { storedEpisodes: { value: () => expect.unreachable() } });
  const reason = new Error('not now');
  const ended = writeDataset(never, path, format as DatasetFormat, { signal: AbortSignal.abort(reason) });
  await expect(ended).rejects.toBe(reason);
  expect(readdirSync(join(path, '..'))).toEqual([]);
});

test.each(Object.entries(FILES))('as %s it is written whole or not at all', async (format, name) => {
  const path = join(folder(), name);
  const dataset = await source();
  const cut = Object.create(dataset, {
    storedEpisodes: {
      *value() {
        yield* dataset.storedEpisodes();
        throw new Error('cut');
      },
    },
  });
  await expect(writeDataset(cut, path, format as DatasetFormat)).rejects.toThrow('cut');
  expect(readdirSync(join(path, '..'))).toEqual([]);
  writeFileSync(path, 'mine');
  await expect(writeDataset(dataset, path, format as DatasetFormat)).rejects.toThrow(`${path}: is there already`);
  expect(readFileSync(path, 'utf8')).toBe('mine');
  if (format !== 'jsonl' && format !== 'csv') return;
  // Not into a file that would not be read as such.
  for (const other of ['data', `data.${format === 'csv' ? 'jsonl' : 'csv'}`]) {
    const wrong = join(folder(), other);
    await expect(writeDataset(dataset, wrong, format)).rejects.toThrow(
      `${wrong}: got this name for the format ${format}`,
    );
    expect(readdirSync(join(wrong, '..'))).toEqual([]);
  }
});

test.each([
  ['data.csv', (said: object) => `# ${JSON.stringify(said)}\nepisode,observation.0,action.0,reward`],
  [
    'data.jsonl',
    (said: object) => JSON.stringify({ format: 'oxbow-episodes', version: 1, episodes: 1, steps: 1, about: said }),
  ],
])('%s whose spaces are none is refused by its name', async (name, written) => {
  const path = join(folder(), name);
  const low = { type: 'Box' as const, dtype: 'float32', shape: [3], low: [0, 0], high: [1, 1] };
  writeFileSync(path, written({ ...about(), observationSpace: low }));
  expect(await problemOf(path)).toMatch(/^data: line 1: observationSpace: Box: low has 2 entries/);
});

describe('CSV', () => {
  const NAMES = 'episode,observation.0,observation.1,action.0,reward';
  const csv = (...rows: string[]) => {
    const path = join(folder(), 'data.csv');
    writeFileSync(path, [NAMES, ...rows].join('\n'));
    return path;
  };

  test('of another program has boxes without bounds, and episodes that are truncated', async () => {
    const dataset = await openDataset(csv('a,1,2,0.5,1', 'a,3,4,,', 'b,5,6,-1,0.25', 'b,7,8,2,0', 'b,9,10,,'));
    expect([dataset.numEpisodes, dataset.numSteps]).toEqual([2, 3]);
    expect(String(dataset.observationSpace)).toBe('Box(-Infinity, Infinity, [2], float32)');
    const [, second] = dataset.episodes();
    expect(second).toEqual({
      observations: Float32Array.of(5, 6, 7, 8, 9, 10),
      actions: Float32Array.of(-1, 2),
      rewards: Float32Array.of(0.25, 0),
      terminations: Uint8Array.of(0, 0),
      truncations: Uint8Array.of(0, 1),
    });
  });

  test.each<[string[], string]>([
    [[], 'data: has no episode'],
    [['0,1,2,0.5'], 'data: line 2: has 4 cells, expected 5'],
    [['0,1,2,0.5,x', '0,1,2,,'], 'data: episode 0, line 2: got "x"'],
    [['0,1,,0.5,0', '0,1,2,,'], 'data: episode 0, line 2: got ""'],
    [['0,1,2,0.5,Infinity', '0,1,2,,'], 'data: episode 0: rewards: row 0 has Infinity'],
    [['0,1,2,0.5,0', '0,1,2,0.5,0'], 'data: episode 0, line 3: expected one row more than steps'],
    [['0,1,2,0.5,0', '0,1,2,0.5,1', '0,1,2,,5'], 'data: episode 0, line 4: expected one row more than steps'],
    [
      ['a,1,2,0.5,0', 'a,1,2,,', 'b,1,2,0.5,0', 'b,1,2,,', 'a,1,2,0.5,0', 'a,1,2,,'],
      'data: line 6: got episode a once more',
    ],
  ])('%j is refused', async (rows, problem) => {
    expect(await problemOf(csv(...rows))).toContain(problem);
  });

  test('may have an episode whose name begins with #, and empty lines before the names', async () => {
    const path = csv('#1,1,2,0.5,1', '#1,3,4,,', '2,5,6,-1,0.25', '2,7,8,,');
    // Lines may end as on Windows.
    writeFileSync(path, `\n${readFileSync(path, 'utf8')}`.replaceAll('\n', '\r\n'));
    const dataset = await openDataset(path);
    expect([...dataset.episodes()].map(({ rewards }) => rewards[0])).toEqual([1, 0.25]);
  });

  /** A file with a further column. */
  const withColumn = (name: string, ...values: string[]) => {
    const path = join(folder(), 'data.csv');
    const rows = ['0,1,2,0.5,0', '0,3,4,1,0', '0,5,6,,'].map((row, i) => `${row},${values[i]}`);
    writeFileSync(path, [`${NAMES},${name}`, ...rows].join('\n'));
    return path;
  };
  const firstOf = async (path: string) => [...(await openDataset(path)).episodes()][0]!;

  test('says by 1 and 0, or true and false, where an episode ends; has one policy for each episode, and any infos', async () => {
    const ended = async (...flags: string[]) => (await firstOf(withColumn('terminated', ...flags))).terminations;
    expect(await ended('0', 'True', '')).toEqual(Uint8Array.of(0, 1));
    expect(await ended('', '0.0', '')).toEqual(Uint8Array.of(0, 0));
    expect((await firstOf(withColumn('policy', '1', '1', ''))).policy).toBe(1);
    expect((await firstOf(withColumn('policy', '', '', ''))).policy).toBeUndefined();
    // No number where nothing is said.
    for (const text of ['', ' ', 'NaN', 'nan']) {
      const { infos } = await firstOf(withColumn('info.speed', text, '1', '2'));
      expect([...infos!.speed!]).toEqual([Number.NaN, 1, 2]);
    }
  });

  test.each<[string, string[], string]>([
    ['terminated', ['0', 'yes', ''], 'line 3: got "yes"'],
    ['terminated', ['1', '0', ''], 'line 2: ends there, expected an end at its last step alone'],
    ['terminated', ['0', '0', '1'], 'line 4: ends there, expected an end at its last step alone'],
    ['policy', ['0.5', '', ''], 'line 2: got 0.5'],
    ['policy', ['-1', '', ''], 'line 2: got -1'],
    ['policy', ['0', '1', ''], 'line 3: got "1", expected 0'],
    ['policy', ['', '1', ''], 'line 2: got ""'],
    ['seed', ['Infinity', '', ''], 'line 2: got Infinity'],
    ['info.speed', ['fast', '1', '2'], 'line 2: info.speed: got "fast"'],
  ])('with the column %s of %j is refused', async (name, values, problem) => {
    expect(await problemOf(withColumn(name, ...values))).toContain(`data: episode 0, ${problem}`);
  });

  test('has each info under its own name, whatever the order, and whatever stands beside it', async () => {
    const path = join(folder(), 'data.csv');
    await writeDataset(await source(), path, 'csv');
    const stored = [...(await source()).storedEpisodes()].map((episode) => episode.infos);
    const infosOf = async () => [...(await openDataset(path)).storedEpisodes()].map((episode) => episode.infos);
    const [said, names, ...rows] = readFileSync(path, 'utf8').trimEnd().split('\n') as [string, string, ...string[]];
    const write = (first: string, ...columns: string[]) => writeFileSync(path, [first, ...columns].join('\n'));
    const beside = (...columns: string[]) => columns.map((row, i) => `${row},${i === 0 ? 'info.added' : '7'}`);
    write(said, ...beside(names, ...rows));
    expect(await infosOf()).toEqual(stored);
    write(said.replace('["distance","speed.x"]', '["speed.x","distance"]'), names, ...rows);
    expect(await infosOf()).toEqual(stored);
    write(said, names.replace('info.distance', 'distance'), ...rows);
    expect(await problemOf(path)).toMatch(/^data: has no column info.distance, got episode,step,/);
  });

  test.each([
    ['episode,state,action.0,reward', 'has no column observation.0'],
    ['', 'has no column episode'],
    [`# ${JSON.stringify(about())}\nepisode,observation.0,action.0,reward`, 'has 1 columns observation.…, expected 2'],
    ['episode,observation.0,action.0,reward,done', 'has the column done'],
    ['episode,observation.0,observation.2,action.0,reward', 'has the column observation.2'],
    ['episode,observation.0,observation.0,action.0,reward', 'has two columns observation.0'],
  ])('with the columns %s is refused', async (names, problem) => {
    const path = csv();
    writeFileSync(path, `${names}\n`);
    expect(await problemOf(path)).toContain(`data: ${problem}`);
  });
});

describe('JSON lines', () => {
  test('that are none, cut, or do not fit are refused by their line', async () => {
    const path = join(folder(), 'data.jsonl');
    await writeDataset(await source(), path, 'jsonl');
    const text = readFileSync(path, 'utf8');
    const lines = text.trimEnd().split('\n');
    const problem = (...changed: (string | undefined)[]) => {
      writeFileSync(path, changed.filter((line) => line !== undefined).join('\n'));
      return problemOf(path);
    };
    expect(await problem(...lines.slice(0, -1))).toMatch(/^data: has 4 episodes of 10 steps, expected 5 of 15/);
    expect(await problem(text.slice(0, -40))).toMatch(/^data: line 6: .+$/);
    expect(await problem('')).toMatch(/^data: line 1: /);
    expect(await problem('{}')).toMatch(/^data: line 1: format: /);
    const second = JSON.parse(lines[2]!);
    const withSecond = (changes: object) =>
      problem(lines[0], lines[1], JSON.stringify({ ...second, ...changes }), ...lines.slice(3));
    expect(await withSecond({ rewards: [0, null] })).toMatch(/^data: line 3: rewards.1: got null/);
    expect(await withSecond({ actions: [[1], [9]] })).toMatch(/^data: line 3: actions: row 1 is \[9\]/);
    expect(await withSecond({ actions: [[1], [1, 2]] })).toMatch(/^data: line 3: actions: row 1 has 2 numbers/);
    expect(await withSecond({ infos: {} })).toBe('data: line 3: has no infos.distance');
    expect(await withSecond({})).toBe('none');
  });

  test('need no line before the episodes, as CSV needs none', async () => {
    const path = join(folder(), 'data.jsonl');
    const rows = [0, 0.1, 0.2].map((x) => [x, x + 0.1]);
    const one = { observations: rows, actions: [[1], [1.5]], rewards: [0.5, 0.25] };
    const told = { ...one, terminated: true, infos: { speed: [1, 2, 3] }, seed: 7 };
    writeFileSync(path, `${JSON.stringify(one)}\n\n${JSON.stringify(told)}\n`);
    const dataset = await openDataset(path);
    expect(dataset).toMatchObject({ numEpisodes: 2, numSteps: 4, format: 'jsonl' });
    expect([dataset.observationSpace, dataset.actionSpace].map(String)).toEqual([
      'Box(-Infinity, Infinity, [2], float32)',
      'Box(-Infinity, Infinity, [1], float32)',
    ]);
    const [first, second] = [...dataset.storedEpisodes()];
    expect([...first!.observations]).toEqual(rows.flat().map(Math.fround));
    const ended = ({ terminations, truncations }: typeof first & object) => [...terminations, ...truncations].join();
    expect([ended(first!), ended(second!)]).toEqual(['0,0,0,1', '0,1,0,0']);
    expect([...first!.infos!.speed!, ...second!.infos!.speed!]).toEqual([Number.NaN, Number.NaN, Number.NaN, 1, 2, 3]);
    expect([first!.seed, second!.seed]).toEqual([undefined, 7]);
    // What it becomes has all of it.
    const stored = join(folder(), 'stored');
    await writeDataset(dataset, stored, 'oxbow');
    expect([...(await openDataset(stored)).storedEpisodes()]).toEqual([first, second]);

    const problem = (...lines: object[]) => {
      writeFileSync(path, lines.map((line) => JSON.stringify(line)).join('\n'));
      return problemOf(path);
    };
    for (const [lines, message] of [
      [[one, { ...one, actions: [[1], [1, 2]] }], /^data: line 2: actions: row 1 has 2 numbers/],
      [[{ obs: rows }, one], /^data: line 1: format: got undefined/],
      [[{ ...one, rewards: 3 }], /^data: line 1: rewards: got 3/],
      [[[1, 2]], /^data: line 1: got \[1,2\], expected an object/],
    ] as const) {
      expect(await problem(...lines)).toMatch(message);
    }
  });
});

test('a text that is none, and a file of another kind, are refused', async () => {
  const [path, other] = [join(folder(), 'data.csv'), join(folder(), 'data.parquet')];
  writeFileSync(path, Uint8Array.of(0x65, 0xff, 0x0a));
  expect(await problemOf(path)).toBe('data: is no text in UTF-8');
  writeFileSync(other, '');
  expect(await problemOf(other)).toMatch(/^data: is no dataset/);
});
