import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeCheckedJson } from '../../../cli/experiment/checkedJson.ts';
import type { CommonConfig, Job, Outcome, RunConfig } from '../../../cli/experiment/experiment.ts';
import { writeJobFolder } from '../../../cli/run/jobFolder.ts';
import { RunDirectory } from '../../../cli/run/runDirectory.ts';
import { temporaryFolder } from '../fixture/files.ts';

const folder = temporaryFolder('directory');

const job: Job = { id: 's/e/p/seed-0', study: 's', env: 'e', policy: 'p', seed: 0, weight: 1 };
const result = { metrics: { score: 0.1 + 0.2, side: null }, data: { walks: [1, 2] } };
const rows = [{ step: 1, loss: 0.5 }];

function runOf(config: Partial<CommonConfig> & Record<string, unknown> = {}): RunConfig {
  const full = { seeds: [0], studies: ['s'], policies: ['p'], environments: ['e'], rate: 0.1, ...config };
  const versions = { oxbow: '1.2.3', node: '20.0.0' };
  return { experiment: 'x', config: full, seeds: full.seeds, engine: 'none', backend: 'cpu', versions };
}

let made = 0;
const newPath = () => join(folder, `run-${made++}`);

/** A run with one finished job and one session. */
async function finishedRun({ bytes = [1, 2, 3], score = 0.1 + 0.2 } = {}): Promise<string> {
  const path = newPath();
  const directory = await RunDirectory.start(path, runOf());
  mkdirSync(join(directory.jobPath(job), 'weights'), { recursive: true });
  writeFileSync(join(directory.jobPath(job), 'weights', 'policy.bin'), Uint8Array.from(bytes));
  const metrics = { ...result.metrics, score };
  writeJobFolder(directory.jobPath(job), {
    job,
    settings: directory.settings,
    result: { ...result, metrics },
    rows,
  });
  directory.addSession({
    started: '2026-11-26T13:14:56.000Z',
    seconds: 1,
    workers: 1,
    interrupted: false,
    jobs: {},
    failures: {},
  });
  directory.writeMetrics([directory.outcome(job)!]);
  directory.release();
  return path;
}

/** What continuing the run gives: the outcome of the job, or the error. */
async function resume(path: string, run = runOf()): Promise<Outcome | undefined> {
  const directory = await RunDirectory.start(path, run);
  try {
    return directory.outcome(job);
  } finally {
    directory.release();
  }
}

function files(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(path, name)).isFile());
}

test('the date of a run is the day on which jobs of it were done last', async () => {
  const path = newPath();
  const directory = await RunDirectory.start(path, runOf());
  const session = { seconds: 1, workers: 1, interrupted: false, failures: {} };
  expect(directory.date).toBeUndefined();
  directory.addSession({ ...session, started: '2026-11-25T23:59:59.000Z', jobs: { a: 1 } });
  directory.addSession({ ...session, started: '2026-11-26T00:00:01.000Z', jobs: { b: 1 } });
  directory.addSession({ ...session, started: '2026-11-27T00:00:00.000Z', jobs: {} });
  directory.release();
  expect(RunDirectory.open(path).date).toBe('2026-11-26');
});

test('a finished job comes back as it was', async () => {
  const path = await finishedRun();
  expect(await resume(path)).toEqual({
    job,
    result,
    rows,
    directory: join(path, 'jobs', job.id),
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(existsSync(join(path, '.lock'))).toBe(false);
});

test('equal work has one fingerprint; another file or another metric has another', async () => {
  const printOf = async (change?: Parameters<typeof finishedRun>[0]) =>
    (await resume(await finishedRun(change)))!.fingerprint;
  const print = await printOf();
  expect(await printOf()).toBe(print);
  expect(await printOf({ bytes: [1, 2, 4] })).not.toBe(print);
  expect(await printOf({ score: 0.3 })).not.toBe(print);
});

describe('damage', () => {
  const kinds: [string, (text: string) => string][] = [
    ['cut off', (text) => text.slice(0, text.length >> 1)],
    ['empty', () => ''],
    ['{}', () => '{}'],
    ['[]', () => '[]'],
    ['null', () => 'null'],
    ['a digit changed', (text) => text.replace(/[0-9]/, (digit) => String(9 - Number(digit)))],
    ['{"metrics":null}', () => '{"metrics":null}'],
  ];
  const advice = {
    'config.json': /delete it and repeat the command that made the run, with --out .*: the finished jobs are kept$/,
    'run.json': /delete it: it holds times alone$/,
    [`jobs/${job.id}/result.json`]: /delete the folder .* and run the command again: the job is then done again$/,
    [`jobs/${job.id}/metrics.json`]: /delete the folder .* and run the command again: the job is then done again$/,
  };

  test.each(Object.keys(advice).flatMap((name) => kinds.map(([kind, damage]) => ({ name, kind, damage }))))(
    '$name, $kind: the file is named, and what to do',
    async ({ name, damage }) => {
      const path = await finishedRun();
      const file = join(path, name);
      writeFileSync(file, damage(readFileSync(file, 'utf8')));
      const error = await resume(path).then(
        () => expect.fail('not noticed'),
        (error: Error) => error,
      );
      expect(error.name).toBe('InputError');
      expect(error.message).not.toContain('\n');
      expect(error.message).toContain(`${file} is damaged or was edited: its checksum does not fit; `);
      expect(error.message).toMatch(advice[name]!);
      expect(existsSync(join(path, '.lock'))).toBe(false);
    },
  );

  test.each([
    ['seeds that its settings have not', { seeds: Array.from({ length: 1e5 }, (_, seed) => seed) }, 'seeds: '],
    ['no study', { config: { ...runOf().config, studies: [] } }, 'config.studies: '],
    ['no engine', { engine: 7 }, 'engine: '],
  ])('config.json with %s and a checksum that fits', async (_, change, field) => {
    const path = await finishedRun();
    const file = join(path, 'config.json');
    writeCheckedJson(file, { ...runOf(), ...change });
    expect(() => RunDirectory.open(path)).toThrow(`${file} is not as oxbow writes it: ${field}`);
  });

  test('an artefact that is changed or gone', async () => {
    const path = await finishedRun();
    const file = join(path, 'jobs', job.id, 'weights', 'policy.bin');
    writeFileSync(file, Uint8Array.of(1, 2, 4));
    await expect(resume(path)).rejects.toThrow(`${file} is damaged or was edited`);
    rmSync(file);
    await expect(resume(path)).rejects.toThrow(`cannot read ${file}`);
  });

  test('a result in the place of another, or of other settings', async () => {
    const path = await finishedRun();
    const directory = await RunDirectory.start(path, runOf());
    const at = directory.jobPath(job);
    writeJobFolder(at, { job: { ...job, id: 'other' }, settings: directory.settings, result, rows });
    expect(() => directory.outcome(job)).toThrow(`${at}/result.json is of job other`);
    writeJobFolder(at, { job, settings: 'other', result, rows });
    expect(() => directory.outcome(job)).toThrow(`${at}/result.json was made with other settings`);
    directory.release();
  });

  test('a job without result.json has not finished', async () => {
    const path = await finishedRun();
    rmSync(join(path, 'jobs', job.id, 'result.json'));
    expect(await resume(path)).toBeUndefined();
  });

  test('jobs outlive their config.json', async () => {
    const path = await finishedRun();
    const config = readFileSync(join(path, 'config.json'), 'utf8');
    rmSync(join(path, 'config.json'));
    writeFileSync(join(path, 'tuned.json'), '{}');
    expect(await resume(path)).toMatchObject({ result });
    expect(readFileSync(join(path, 'config.json'), 'utf8')).toBe(config);
    rmSync(join(path, 'config.json'));
    await expect(resume(path, runOf({ rate: 0.2 }))).rejects.toThrow('was made with other settings');
  });
});

test.each(['../outside', '/outside', 'a//b', 'a/../../b'])('a job has no folder %s', async (id) => {
  const directory = await RunDirectory.start(newPath(), runOf());
  expect(() => directory.jobPath({ ...job, id })).toThrow(`got settings with a job '${id}'`);
  directory.release();
});

describe('a run', () => {
  test('may grow, and keeps the versions it was begun with', async () => {
    const path = await finishedRun();
    const grown = runOf({ seeds: [1, 0, 2], policies: ['q', 'p'] });
    const later = { ...grown, versions: { oxbow: '1.2.3', node: '24.0.0' } };
    expect(await resume(path, later)).toMatchObject({ result });
    expect(JSON.parse(readFileSync(join(path, 'config.json'), 'utf8'))).toMatchObject(grown);
    await expect(resume(path)).rejects.toThrow(
      `--out: ${path} holds a run with more (seeds 1, 2; policies q), expected the same, or a new directory`,
    );
  });

  test('may grow by policies with tuned settings of their own, and by no others', async () => {
    const tuned = (own: object) => ({ tuned: { s: { e: own } } });
    const path = newPath();
    const begun = await RunDirectory.start(path, runOf(tuned({ p: { rate: 1 } })));
    mkdirSync(begun.jobPath(job), { recursive: true });
    writeJobFolder(begun.jobPath(job), { job, settings: begun.settings, result, rows });
    begun.release();
    const both = { policies: ['p', 'q'], ...tuned({ p: { rate: 1 }, q: { rate: 2 } }) };
    // What the run has measured stays, and so do its settings.
    for (const run of [runOf(both), runOf(both)]) expect(await resume(path, run)).toMatchObject({ result });
    expect(RunDirectory.open(path).run.config).toMatchObject(both);
    expect(RunDirectory.open(path).settings).toBe(begun.settings);
    for (const other of [
      { p: { rate: 1.5 }, q: { rate: 2 } },
      { p: { rate: 1 }, q: { rate: 3 } },
    ]) {
      const changed = resume(path, runOf({ ...both, ...tuned(other) }));
      await expect(changed).rejects.toThrow('holds a run with another config (tuned)');
    }
  });

  test.each<[string, RunConfig, string]>([
    ['settings', runOf({ rate: 0.2, other: 1 }), 'another config (rate, other)'],
    ['experiment', { ...runOf(), experiment: 'y' }, 'another experiment (x, not y)'],
    ['engine', { ...runOf(), engine: 'onnx' }, 'another engine (none, not onnx)'],
    ['version', { ...runOf(), versions: { oxbow: '2', node: '20.0.0' } }, 'another version of oxbow (1.2.3, not 2)'],
  ])('of other %s is left alone', async (_, run, what) => {
    const path = await finishedRun();
    const before = files(path).map((name) => [name, readFileSync(join(path, name), 'utf8')]);
    await expect(resume(path, run)).rejects.toThrow(
      `--out: ${path} holds a run with ${what}, expected the same, or a new`,
    );
    expect(files(path).map((name) => [name, readFileSync(join(path, name), 'utf8')])).toEqual(before);
  });

  test('takes no folder of something else', async () => {
    const path = newPath();
    mkdirSync(join(path, 'jobs'), { recursive: true });
    writeFileSync(join(path, 'thesis.txt'), 'years of work');
    await expect(RunDirectory.start(path, runOf())).rejects.toThrow('is not empty and holds no run');
    expect(() => RunDirectory.open(path)).toThrow('holds no run');
    expect(readdirSync(path).sort()).toEqual(['jobs', 'thesis.txt']);
    await expect(RunDirectory.start('', runOf())).rejects.toThrow('--out: got "", expected a directory');
    expect(() => RunDirectory.open('')).toThrow('got "", expected a run directory');
  });

  test('has a directory of its own by default', async () => {
    const directories: RunDirectory[] = [];
    for (let i = 0; i < 3; i++) directories.push(await RunDirectory.start(undefined, runOf()));
    expect(new Set(directories.map(({ path }) => path)).size).toBe(3);
    for (const directory of directories) {
      expect(directory.path).toMatch(/^runs\/x-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(-\d)?$/);
      directory.release();
      rmSync(directory.path, { recursive: true });
    }
  });
});
