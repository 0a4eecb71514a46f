import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isOfLock } from '../../../cli/run/lock.ts';
import { readCheckpoint } from '../../../cli/train/checkpointFile.ts';
import { isTemporary } from '../../../src/files.ts';
import { Rng } from '../../../src/random.ts';
import { type FileCall, RECORD } from '../../support/recordFiles.ts';
import { VolatileDisk } from '../../support/volatileDisk.ts';
import { jobsHere } from '../fixture/jobsHere.ts';
import { oxbow } from '../fixture/oxbow.ts';

const address = (path: string) => new URL(path, import.meta.url).href;
const base = mkdtempSync(join(tmpdir(), 'oxbow-power-cut-'));

const RUN = ['run', 'drift', '--seeds', '1', '--policies', 'left,right', '--study', 'plain', '--steps', '3'];
const TRAIN = [
  ...['train', 'Pendulum-v1', '--agent', 'ppo', '--policy', 'gaussian', '--seeds', '1', '--envs', '2'],
  ...[
    '--steps',
    '128',
    '--set',
    'policy.hidden=4',
    '--set',
    'agent.horizon=16',
    '--set',
    'agent.batchSize=16',
    '--set',
    'evaluationEpisodes=1',
  ],
  ...['--set', 'checkpointInterval=0', '--set', 'logInterval=0'],
];

type Files = ReadonlyMap<string, Buffer>;

describe('a power cut at any moment', () => {
  it.each([
    { name: 'of a run', argv: RUN, jobs: 2, continued: 3 },
    { name: 'of a training', argv: TRAIN, jobs: 1, continued: 3 },
  ])('$name leaves whole files, and it goes on from there', async ({ name, argv, jobs, continued }) => {
    const whole = join(base, name);
    const calls = recorded(whole, ...argv, '--workers', '1');
    const end = new VolatileDisk(whole);
    for (const call of calls) end.make(call);
    // The calls are all: what they have written is what is there.
    for (const [path, content] of end.files()) {
      expect({ path, sha: sha(content) }).toEqual({ path, sha: sha(readFileSync(join(whole, path))) });
    }
    const final = end.files();
    expect([...final.keys()].filter((path) => path.endsWith('/result.json'))).toHaveLength(jobs);
    // When the command has ended, nothing can be taken any more.
    expect(shaOf(end.least())).toEqual(shaOf(final));

    const states = [...statesAfterCuts(whole, calls, final)];
    expect(states.length).toBeGreaterThan(50);
    jobsHere();
    const rng = new Rng(`continued ${name}`);
    for (let i = 0; i < continued; i++) {
      // From each part of the run one.
      const at = Math.floor(((i + rng.uniform(0, 1)) / continued) * states.length);
      const out = join(base, `${name} ${i}`);
      store(out, states[at]!);
      const ended = await oxbow(...argv, '--workers', '1', '--out', out);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      for (const [path, content] of final) {
        if (/(run|speed)\.json$|tfevents/.test(path)) continue;
        expect({ path, sha: sha(readFileSync(join(out, path))) }).toEqual({ path, sha: sha(content) });
      }
      rmSync(out, { recursive: true });
    }
  });
});

/** The calls of the file system that a command makes, with its workers. */
function recorded(out: string, ...argv: string[]): FileCall[] {
  const record = `${out}.calls`;
  const modules = ['tsx', address('../../support/recordFiles.ts')].flatMap((module) => ['--import', module]);
  const cli = fileURLToPath(address('fixture/cli.ts'));
  const { status, stderr } = spawnSync(process.execPath, [...modules, cli, ...argv, '--out', out], {
    cwd: fileURLToPath(address('../..')),
    env: { ...process.env, [RECORD]: record },
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return readFileSync(record, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as FileCall);
}

/** What may be found after a cut behind each call, once each. Each is looked at as a reader would. */
function* statesAfterCuts(whole: string, calls: readonly FileCall[], final: Files): Generator<Files> {
  const disk = new VolatileDisk(whole);
  const rng = new Rng('cuts');
  const seen = new Set<string>();
  /** What each file held whenever it was whole. */
  const versions = new Map<string, Set<string>>();
  for (const [i, call] of calls.entries()) {
    disk.make(call);
    const now = disk.files();
    if (call.call === 'rename') {
      const path = call.to.slice(whole.length + 1);
      const content = now.get(path);
      if (content !== undefined) versions.set(path, (versions.get(path) ?? new Set()).add(sha(content)));
    }
    const cuts = [disk.least(), disk.hollow(0), disk.hollow(0.5), ...Array.from({ length: 6 }, () => disk.cut(rng))];
    for (const files of cuts) {
      const state = JSON.stringify([...shaOf(files)].sort());
      if (seen.has(state)) continue;
      seen.add(state);
      expect({ after: i, call: { ...call, content: '' }, problems: problemsOf(files, versions, final) }).toMatchObject({
        problems: [],
      });
      yield files;
    }
  }
}

/** What a reader would stumble over. */
function problemsOf(files: Files, versions: ReadonlyMap<string, ReadonlySet<string>>, final: Files): string[] {
  const problems: string[] = [];
  for (const [path, content] of files) {
    if (isTemporary(path)) continue;
    // What is written by adding may be torn until it is synced.
    const known = /\/(progress\.(jsonl|csv)|events\.[^/]*)$/.test(path) ? undefined : versions.get(path);
    if (known !== undefined && !known.has(sha(content))) problems.push(`${path} is torn`);
    if (path.endsWith('/result.json')) problems.push(...problemsOfJob(path, files, final));
    if (path.endsWith('/checkpoint')) problems.push(...problemsOfLog(path, content, files));
  }
  return problems;
}

/** A job that has finished has all its files, and all its logs. */
function problemsOfJob(path: string, files: Files, final: Files): string[] {
  const { files: sums } = JSON.parse(files.get(path)!.toString()) as { files: Record<string, string> };
  const folder = dirname(path);
  const logs = folder.replace(/^jobs/, 'logs');
  const wanted = new Map([
    ...Object.entries(sums).map(([name, sum]) => [`${folder}/${name}`, sum] as const),
    ...[...shaOf(final)].filter(([name]) => name.startsWith(`${logs}/`)),
  ]);
  return [...wanted]
    .filter(([name, sum]) => sum !== (files.has(name) ? sha(files.get(name)!) : undefined))
    .map(([name]) => `${path} is there, and ${name} is ${files.has(name) ? 'torn' : 'missing'}`);
}

const checkpointRows = new Map<string, string>();

/** The log has every row that the checkpoint has. */
function problemsOfLog(path: string, content: Buffer, files: Files): string[] {
  let rows = checkpointRows.get(sha(content));
  if (rows === undefined) {
    const file = join(base, 'checkpoint');
    writeFileSync(file, content);
    const { rows: found } = readCheckpoint(file) as { rows: readonly unknown[] };
    rows = found.map((row) => `${JSON.stringify(row)}\n`).join('');
    checkpointRows.set(sha(content), rows);
  }
  const log = dirname(path).replace(/^jobs/, 'logs');
  return files.get(`${log}/progress.jsonl`)?.toString().startsWith(rows) ? [] : [`${log} lacks rows of ${path}`];
}

function store(out: string, files: Files): void {
  mkdirSync(out, { recursive: true });
  for (const [path, content] of files) {
    mkdirSync(dirname(join(out, path)), { recursive: true });
    writeFileSync(join(out, path), content);
  }
}

/** But for the token of a lock: one that a cut brings back is removed by the next command. */
function shaOf(files: Files): Map<string, string> {
  return new Map([...files].filter(([path]) => !isOfLock(path)).map(([path, content]) => [path, sha(content)]));
}

function sha(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
