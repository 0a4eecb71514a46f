/**
 * Does to real runs what a user, a machine and a disk do to them, and looks whether anything is lost: signals at random moments, a
 * full disk, a closed pipe, two commands at once, damaged files, hostile datasets, a training killed again and again. `--short` does a few of each; `--seed` chooses other moments.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { textTable } from '../cli/report/table.ts';
import { Rng } from '../src/random.ts';
import { readEvents } from '../test/support/readEvents.ts';
import { craftedMinari } from './faults/craftedMinari.ts';
import { cli, type Ended, startOxbow } from './oxbowProcess.ts';
import { isBuilt, root, run } from './project.ts';

const { values } = parseArgs({ options: { short: { type: 'boolean' }, seed: { type: 'string', default: '0' } } });
const rng = new Rng(`faults ${values.seed}`);
const SIGNALS = ['SIGINT', 'SIGKILL', 'SIGTERM', 'SIGHUP'] as const;

/** Jobs with a Gaussian and a flow, each of a second or so. */
const RUN = [
  ...['train', 'Lake-v0', '--agent', 'ppo', '--seeds', '2', '--policy', 'gaussian,realnvp', '--workers', '2'],
  ...['--engine', 'wasm', '--steps', '1024', '--envs', '2'],
  ...['agent.horizon=32', 'evaluationEpisodes=20', 'policy.hidden=32,32', 'checkpointInterval=1000'].flatMap(set),
];

if (!isBuilt) run(root, 'npm', ['run', '--silent', 'build']);
const folder = mkdtempSync(join(tmpdir(), 'oxbow-faults-'));

/** What came of one fault. */
interface FaultCase {
  /** Cases of one kind share what stands before the first comma: a row of the table. */
  readonly fault: string;
  /** How commands ended, with what must never be seen then. */
  readonly ends?: readonly Ended[];
  /** Finished jobs that were gone or other than before, after continuing. */
  readonly lost?: number;
  /** Whether the continued run has the summary of an unbroken one; undefined where nothing is continued. */
  readonly equal?: boolean;
  /** What else was not as it should be. */
  readonly problems: readonly string[];
  /** Seconds from a signal to the end. */
  readonly seconds?: number;
}

/** Seconds in which a command ends after a signal, whatever it does. */
const SLOWEST_END = 2;
const cases: FaultCase[] = [];

function isBad({ ends = [], lost = 0, equal, problems, seconds = 0 }: FaultCase): boolean {
  const isSeen = ends.some(({ coreDumps, stackTraces, orphans }) => coreDumps + stackTraces + orphans > 0);
  return isSeen || lost + problems.length > 0 || equal === false || seconds > SLOWEST_END;
}

function record(details: FaultCase): void {
  cases.push(details);
  const bad = isBad(details);
  process.stdout.write(`${bad ? '✗' : '✓'} ${details.fault}${bad ? `: ${JSON.stringify(details)}` : ''}\n`);
}

const reference = join(folder, 'unbroken');
const begun = performance.now();
const unbroken = await startOxbow(folder, [...RUN, '--out', reference]).ended;
if (unbroken.code !== 0) throw new Error(`the unbroken run failed: ${unbroken.stderr}`);
const duration = (unbroken.time - begun) / 1000;
const summary = readFileSync(join(reference, 'summary.json'), 'utf8');
const jobs = results(reference).size;
process.stdout.write(`An unbroken run: ${jobs} jobs, ${duration.toFixed(1)} s. Seed ${values.seed}.\n`);

for (const { name, problems } of await craftedMinari(folder, values.short === true)) {
  record({ fault: `crafted Minari, ${name}`, problems });
}
closedPipe();
await signals(values.short ? 2 : 20);
await longJob();
await fullDisk(values.short ? [0.5] : [0.02, 0.3, 0.6, 0.9]);
await twoCommands();
await damage();
if (!values.short) {
  await killedTraining('ppo', 'spline', 20);
  await killedTraining('ppo', 'spline', 10, 'mujoco/Hopper-v5');
}
await killedTraining('sac', 'spline', values.short ? 3 : 20);

const faults = [...new Set(cases.map(({ fault }) => fault.replace(/,.*/, '')))];
const rows = faults.map((fault) => {
  const of = cases.filter((one) => one.fault.replace(/,.*/, '') === fault);
  const total = (count: (one: FaultCase) => number) => String(of.reduce((sum, one) => sum + count(one), 0));
  const seen = (what: 'coreDumps' | 'stackTraces' | 'orphans') =>
    total(({ ends = [] }) => ends.reduce((sum, ended) => sum + ended[what], 0));
  const continued = of.filter(({ equal }) => equal !== undefined);
  const slowest = Math.max(...of.map(({ seconds = -1 }) => seconds));
  return [
    fault,
    String(of.length),
    ...(['coreDumps', 'stackTraces', 'orphans'] as const).map(seen),
    total(({ lost = 0 }) => lost),
    continued.length === 0 ? '–' : `${continued.filter(({ equal }) => equal).length} of ${continued.length}`,
    total((one) => one.problems.length),
    slowest < 0 ? '–' : `${slowest.toFixed(1)} s`,
  ];
});
const columns = [
  'fault',
  'cases',
  'core dumps',
  'stack traces',
  'orphans',
  'results lost',
  'continued = unbroken',
  'other',
  'slowest end',
];
process.stdout.write(`\n${textTable({ title: 'Faults', columns, rows })}\n\n`);
rmSync(folder, { recursive: true, force: true });
const failed = cases.filter(isBad).length;
process.stdout.write(`${cases.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

/** A signal at a random moment of a run, which is continued. */
async function signals(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const signal = SIGNALS[i % SIGNALS.length]!;
    const out = join(folder, `signal-${i}`);
    const moment = rng.uniform(0, duration);
    const run = startOxbow(folder, [...RUN, '--out', out]);
    await Promise.race([delay(moment * 1000), run.ended]);
    const sent = performance.now();
    run.process.kill(signal);
    const ended = await run.ended;
    const seconds = (ended.time - sent) / 1000;
    const before = results(out);
    const problems: string[] = [];
    // Until Node has loaded the command, a signal ends it as the system does.
    const began = existsSync(out);
    const complete = before.size === jobs;
    const expected =
      signal === 'SIGKILL' ? ended.signal === signal : ended.code === 130 || (!began && ended.signal === signal);
    if (!expected && !(complete && ended.code === 0)) problems.push(`ended with ${ended.code ?? ended.signal}`);
    if (ended.code === 130 && began && !complete) problems.push(...partialProblems(out, before.size, ended.stderr));
    const fault = `${signal}, after ${moment.toFixed(1)} s`;
    record({ fault, ends: [ended], ...(await resume(out, before)), problems, seconds });
    rmSync(out, { recursive: true, force: true });
  }
}

/**
 * What is not as it should be in what an interrupted run has written. One that is not done in time is killed and says how to get its report, as
 * on a machine that does much else: its results are kept, which is looked at elsewhere.
 */
function partialProblems(out: string, finished: number, stderr: string): string[] {
  if (/^oxbow: killed .*oxbow report writes the report/m.test(stderr)) return [];
  for (const file of ['summary.json', 'report.html']) if (!existsSync(join(out, file))) return [`no ${file}`];
  const { partial, finished: said } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
  const report = readFileSync(join(out, 'report.html'), 'utf8');
  return [
    ...(partial === true && said === finished ? [] : [`summary says ${said} of ${finished}`]),
    ...(report.includes('Partial: ') ? [] : ['the report does not say that it is partial']),
  ];
}

/** A signal, and another a second later, in a job that reports once in many minutes. */
async function longJob(): Promise<void> {
  for (const second of values.short ? (['SIGINT'] as const) : ([undefined, 'SIGINT'] as const)) {
    const out = join(folder, `long-${second}`);
    const run = startOxbow(folder, [...RUN, '--steps', '30000000', '--out', out]);
    while (!existsSync(join(out, 'jobs'))) await delay(100);
    await delay(duration * 500);
    const sent = performance.now();
    run.process.kill('SIGINT');
    if (second !== undefined) {
      await delay(600);
      run.process.kill(second);
    }
    const ended = await run.ended;
    const problems = ended.code === 130 ? [] : [`ended with ${ended.code ?? ended.signal}`];
    const seconds = (ended.time - sent) / 1000;
    const fault = `Ctrl-C ${second === undefined ? 'once' : 'twice'} in a job without reports`;
    record({ fault, ends: [ended], problems, seconds });
  }
}

/** A run on a disk that holds a part of it, continued when there is room. */
async function fullDisk(shares: readonly number[]): Promise<void> {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  const size = results(reference, '').size * 4096 + bytes(reference);
  const policies = [...results(reference, 'policy.json').keys()].map((name) => statSync(join(reference, name)).size);
  const sizes = [
    ...shares.map((share) => [`at ${Math.round(share * 100)} % of a run`, size * share] as const),
    ['in the first policy', statSync(join(reference, 'config.json')).size + 8192 + Math.min(...policies) / 2] as const,
  ];
  for (const [where, room] of sizes) {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${Math.ceil(room)}`, 'tmpfs', disk], {
      encoding: 'utf8',
    });
    if (mounted.status !== 0) {
      process.stdout.write(
        `Full disk: left out, since no small file system can be mounted: ${mounted.stderr || mounted.error}\n`,
      );
      return;
    }
    try {
      const out = join(disk, 'run');
      const ended = await startOxbow(folder, [...RUN, '--out', out]).ended;
      const said = /^oxbow: (--out: )?cannot write .*ENOSPC[^\n]*\n$/.test(ended.stderr);
      const problems = said && [1, 2].includes(ended.code ?? 0) ? [] : [`ended with ${ended.code}: ${ended.stderr}`];
      problems.push(...(ended.stdout.match(/^Job .* failed: .*$/gm) ?? []));
      const before = results(out);
      spawnSync('mount', ['-o', 'remount,size=100m', disk]);
      const fault = `full disk (tmpfs), ${where}`;
      record({ fault, ends: [ended], ...(await resume(out, before)), problems });
    } finally {
      spawnSync('umount', [disk]);
    }
  }
}

/** A reader that goes away. */
function closedPipe(): void {
  const argv = ['-c', 'set -o pipefail; "$0" "$@" | true', process.execPath, cli, 'list'];
  const { status, stderr } = spawnSync('bash', argv, { encoding: 'utf8' });
  record({ fault: 'closed pipe', problems: status === 0 && stderr === '' ? [] : [`ended with ${status}: ${stderr}`] });
}

/** Two commands on one folder: one works, the other is refused. */
async function twoCommands(): Promise<void> {
  const out = join(folder, 'shared');
  const ends = await Promise.all([1, 2].map(() => startOxbow(folder, [...RUN, '--out', out]).ended));
  const problems = ends.some(({ code }) => code === 0) ? [] : ['none has done the run'];
  for (const { code, stderr } of ends) {
    const refused =
      code === 2 && stderr.split('\n').some((line) => line.startsWith(`oxbow: ${out} is in use by another`));
    if (code !== 0 && !refused) problems.push(`ended with ${code}: ${stderr}`);
  }
  record({ fault: 'two commands on one folder', ends, equal: hasSummary(out), problems });
}

/** Every file of a run is damaged once, in turn cut, changed in one bit, or emptied to `{}`. */
async function damage(): Promise<void> {
  const kinds = ['cut', 'a bit changed', '{}'] as const;
  const all = [...results(reference, '').keys()].filter((name) => !name.startsWith('logs/'));
  const some = /^(config\.json|jobs\/ppo\/Lake-v0\/gaussian\/seed-0\/(result|policy)\.json)$/;
  for (const [i, name] of (values.short ? all.filter((name) => some.test(name)) : all).entries()) {
    const kind = kinds[i % kinds.length]!;
    const out = join(folder, `damage-${i}`);
    cpSync(reference, out, { recursive: true });
    const file = join(out, name);
    const content = readFileSync(file);
    const at = Math.floor(rng.uniform(0, content.length));
    if (kind === 'a bit changed') content[at]! ^= 1;
    writeFileSync(file, kind === 'cut' ? content.subarray(0, at) : kind === '{}' ? '{}' : content);
    const ended = await startOxbow(folder, [...RUN, '--out', out]).ended;
    const problems: string[] = [];
    if (/^(metrics\.(csv|jsonl)|summary\.json|report\.html)$/.test(name)) {
      // Not read, but written again.
      if (ended.code !== 0) problems.push(`ended with ${ended.code}: ${ended.stderr}`);
      if (!readFileSync(file).equals(readFileSync(join(reference, name)))) problems.push('is not as it was');
    } else {
      if (ended.code !== 2 || !/^oxbow: [^\n]*\n$/.test(ended.stderr) || !ended.stderr.includes(name)) {
        problems.push(`ended with ${ended.code}: ${ended.stderr}`);
      }
      // What the error advises.
      rmSync(/delete the folder (.+) and run/.exec(ended.stderr)?.[1] ?? file, { recursive: true });
    }
    const fault = `damaged file, ${name}, ${kind}`;
    record({ fault, ends: [ended], ...(await resume(out, results(out))), problems });
    rmSync(out, { recursive: true });
  }
}

/** A training that is killed again and again, and each time goes on from where it was: it ends as one that was not. */
async function killedTraining(agent: 'ppo' | 'sac', policy: string, kills: number, env = 'Pendulum-v1'): Promise<void> {
  const small = { ppo: ['agent.horizon=128'], sac: ['agent.reportEvery=100', 'agent.criticHidden=32,32'] };
  const steps = { ppo: 4000, sac: 600 };
  const train = [
    ...['train', env, '--agent', agent, '--policy', policy, '--seeds', '2', '--workers', '2'],
    ...['--envs', '2', '--steps', String(steps[agent] * kills)],
    ...[
      ...small[agent],
      'policy.hidden=32,32',
      'evaluationEpisodes=5',
      'checkpointInterval=0',
      'logInterval=0',
    ].flatMap(set),
  ];
  const place = mkdtempSync(join(folder, 'training-'));
  const [whole, out] = [join(place, 'whole'), join(place, 'killed')];
  const begun = performance.now();
  const unbroken = await startOxbow(folder, [...train, '--out', whole]).ended;
  if (unbroken.code !== 0) throw new Error(`the unbroken training failed: ${unbroken.stderr}`);
  const share = (unbroken.time - begun) / kills;
  const moments: string[] = [];
  const ends: Ended[] = [];
  for (let i = 0; i < kills; i++) {
    const argv = i % 2 === 0 || !existsSync(join(out, 'config.json')) ? [...train, '--out', out] : ['resume', out];
    const run = startOxbow(folder, argv);
    // A lock that a killed command has left is waited for: that is no moment of a training.
    while (!/results in/.test(run.stdout()) && run.process.exitCode === null) await delay(20);
    const moment = rng.uniform(0, 2 * share);
    await Promise.race([delay(moment), run.ended]);
    run.process.kill('SIGKILL');
    ends.push(await run.ended);
    moments.push(`${Math.round(moment)} ms`);
  }
  ends.push(await startOxbow(folder, ['resume', out]).ended);
  const last = ends.at(-1)!;
  const problems = last.code === 0 ? [] : [`ended with ${last.code ?? last.signal}: ${last.stderr}`];
  for (const name of [...results(whole, '').keys()].filter((file) => !/(run|speed)\.json$|tfevents/.test(file))) {
    const [is, was] = [out, whole].map((path) => join(path, name));
    if (!existsSync(is!) || !readFileSync(is!).equals(readFileSync(was!))) problems.push(`${name} is another`);
  }
  for (const name of results(whole, '.oxbow').keys()) {
    const [is, was] = [out, whole].map((path) => untimedEvents(join(path, name)));
    if (is !== was) problems.push(`${name} has other events`);
  }
  const fault = `training of ${agent} on ${env} killed ${kills} times, after ${moments.join(', ')}`;
  record({ fault, ends, equal: problems.length === 0, problems });
}

/** The events of a file for TensorBoard as a text, but for what is of the clock. */
function untimedEvents(path: string): string {
  const events = readEvents(readFileSync(path));
  return JSON.stringify(events.map(({ step, scalars: { 'time/stepsPerSecond': _, ...scalars } }) => [step, scalars]));
}

/** Continues a run: which finished jobs were lost, and whether its summary is that of an unbroken one. */
async function resume(out: string, before: ReadonlyMap<string, string>): Promise<{ lost: number; equal: boolean }> {
  const { code, stdout } = await startOxbow(folder, [...RUN, '--out', out]).ended;
  const after = results(out);
  const kept = before.size === 0 || stdout.includes(`Continuing ${out}: ${before.size} of ${jobs} jobs have finished`);
  const lost = [...before].filter(([name, sum]) => after.get(name) !== sum).length;
  return { lost: kept ? lost : Math.max(lost, before.size), equal: code === 0 && hasSummary(out) };
}

function hasSummary(out: string): boolean {
  const path = join(out, 'summary.json');
  return existsSync(path) && readFileSync(path, 'utf8') === summary;
}

/** Checksums of the files of that name below a run directory: what has finished. */
function results(out: string, name = 'result.json'): Map<string, string> {
  if (!existsSync(out)) return new Map();
  const names = readdirSync(out, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(name) && statSync(join(out, file)).isFile())
    .sort();
  return new Map(
    names.map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(out, file)))
        .digest('hex'),
    ]),
  );
}

function bytes(out: string): number {
  return [...results(out, '').keys()].reduce((sum, name) => sum + statSync(join(out, name)).size, 0);
}

function set(setting: string): string[] {
  return ['--set', setting];
}
