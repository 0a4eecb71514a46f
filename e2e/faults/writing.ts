import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Ended, startOxbow } from '../oxbowProcess.ts';
import { type FaultContext, seen } from './faultCase.ts';
import { filesBelow } from './filesBelow.ts';

/** Where files are written that are none, or may not be; a run directory that is taken away; full disks. */
export async function writing(context: FaultContext): Promise<void> {
  await targets(context);
  await takenAway(context);
  await fullDatasets(context);
}

/** What `--json` leads to: what the command is to say, `''` if it writes, and what is there then. */
interface Target {
  readonly name: string;
  readonly make?: (path: string) => void;
  readonly says: string;
  readonly problem?: (path: string, ended: Ended) => string | undefined;
}

const holdsRows = (text: string) => (/^\[\n {2}\{/.test(text) ? undefined : `holds ${text.slice(0, 40)}`);

const TARGETS: readonly Target[] = [
  {
    name: 'device',
    make: (path) => spawnSync('mknod', [path, 'c', '1', '7']),
    says: 'ENOSPC: ',
    problem: (path) => (lstatSync(path).isCharacterDevice() ? undefined : 'is no device any more'),
  },
  {
    name: 'fifo',
    make: (path) => {
      spawnSync('mkfifo', [path]);
      spawn('sh', ['-c', 'cat < "$0" > "$0.read"', path], { stdio: 'ignore' });
    },
    says: '',
    problem: (path) =>
      lstatSync(path).isFIFO() ? holdsRows(readFileSync(`${path}.read`, 'utf8')) : 'is no FIFO any more',
  },
  {
    name: 'link',
    make: (path) => {
      writeFileSync(`${path}.target`, 'old');
      chmodSync(`${path}.target`, 0o640);
      symlinkSync('link.target', path);
    },
    says: '',
    problem: (path) => {
      if (!lstatSync(path).isSymbolicLink()) return 'is no link any more';
      if ((statSync(path).mode & 0o777) !== 0o640) return 'has other permissions';
      return holdsRows(readFileSync(`${path}.target`, 'utf8'));
    },
  },
  { name: 'link-to-itself', make: (path) => symlinkSync('link-to-itself', path), says: 'ELOOP: ' },
  { name: 'directory', make: (path) => mkdirSync(path), says: 'EISDIR: ' },
  { name: 'missing/file', says: 'ENOENT: ' },
  { name: 'x'.repeat(255), says: '', problem: (path) => holdsRows(readFileSync(path, 'utf8')) },
  { name: 'x'.repeat(256), says: 'ENAMETOOLONG: ' },
  { name: '/proc/oxbow', says: 'ENOENT: ' },
  {
    name: '/dev/stdout',
    says: '',
    problem: (_, { stdout }) => holdsRows(stdout.slice(stdout.indexOf('\n[\n') + 1)),
  },
];

async function targets(context: FaultContext): Promise<void> {
  const { folder, reference, short, record } = context;
  const base = join(folder, 'targets');
  mkdirSync(base);
  const run = oneJob(context, join(folder, 'targets-run'));
  const chosen = short ? TARGETS.filter(({ name }) => /^(device|fifo|link|.proc.*)$/.test(name)) : TARGETS;
  for (const { name, make, says, problem } of chosen) {
    const path = name.startsWith('/') ? name : join(base, name);
    make?.(path);
    if (name === 'device' && !existsSync(path)) continue;
    const ended = await within(startOxbow(folder, ['eval', run, '--episodes', '1', '--json', path]));
    const problems = problemsOf(ended, says === '' ? '' : `--json: cannot write ${path}: ${says}`);
    const more = problems.length === 0 ? problem?.(path, ended) : undefined;
    const left = readdirSync(base).filter((file) => file.endsWith('.tmp'));
    record({
      fault: `what --json leads to, ${name.slice(0, 20)}${name.length > 20 ? `… (${name.length})` : ''}`,
      ...seen(ended),
      lost: 0,
      problems: [...problems, ...(more === undefined ? [] : [more]), ...left],
    });
  }
  if (!short) await readOnly(context, run);
  if (readdirSync(reference).some((file) => file.endsWith('.tmp'))) throw new Error('the reference has been written');
}

/** Files and folders on a file system that takes nothing. */
async function readOnly({ folder, record }: FaultContext, run: string): Promise<void> {
  const disk = join(folder, 'read-only');
  mkdirSync(disk);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', disk], { encoding: 'utf8' });
  if (mounted.status !== 0) {
    process.stdout.write(`Read-only folder: left out, since none can be mounted: ${mounted.stderr || mounted.error}\n`);
    return;
  }
  try {
    for (const [argv, says] of [
      [['eval', run, '--json', join(disk, 'x')], '--json: cannot write '],
      [['eval', run, '--record', join(disk, 'x')], '--record: cannot write into '],
      [['report', run, run, '--out', join(disk, 'x')], '--out: cannot write '],
      [['figure', run, 'return', join(disk, 'x')], 'figure: cannot write '],
      [['train', 'Lake-v0', '--agent', 'ppo', '--out', join(disk, 'x')], '--out: cannot write '],
    ] as const) {
      const ended = await within(startOxbow(folder, argv));
      const problems = problemsOf(ended, `${says}${disk}/x`, 'EROFS: ');
      record({ fault: `read-only folder, ${argv[0]} ${argv.at(-2)}`, ...seen(ended), lost: 0, problems });
    }
  } finally {
    spawnSync('umount', [disk]);
  }
}

/** Datasets that are written in each format on a disk that has no room for them. */
async function fullDatasets({ folder, record }: FaultContext): Promise<void> {
  const disk = join(folder, 'full-disk');
  mkdirSync(disk);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { encoding: 'utf8' });
  if (mounted.status !== 0) {
    process.stdout.write(`Full disk: left out, since none can be mounted: ${mounted.stderr || mounted.error}\n`);
    return;
  }
  const log = join(folder, 'log.csv');
  const rows = Array.from({ length: 20_001 }, (_, t) => (t < 20_000 ? `0,${t / 7},${t / 3},1` : '0,0,,'));
  writeFileSync(log, ['episode,observation.0,action.0,reward', ...rows, ''].join('\n'));
  try {
    for (const [format, name] of Object.entries({ oxbow: 'a', minari: 'b-v0', jsonl: 'c.jsonl', csv: 'd.csv' })) {
      const out = join(disk, name);
      const ended = await within(startOxbow(folder, ['dataset', 'convert', log, out, '--to', format]));
      const problems = problemsOf(ended, `cannot write ${out}: ENOSPC: no space left on device`);
      problems.push(...readdirSync(disk));
      record({ fault: `full disk for a dataset, ${format}`, ...seen(ended), lost: 0, problems });
    }
  } finally {
    spawnSync('umount', [disk]);
  }
}

/** The run directory is renamed while jobs go on. */
async function takenAway({ folder, reference, record }: FaultContext): Promise<void> {
  const out = unfinished(reference, join(folder, 'taken-away'));
  const away = `${out}-elsewhere`;
  const run = startOxbow(folder, ['resume', out, '--workers', '2']);
  await until(() => begun(out) || run.process.exitCode !== null);
  const moved = performance.now();
  renameSync(out, away);
  const ended = await within(run);
  const problems = problemsOf(ended, `cannot write ${out}: the directory was removed`);
  if (existsSync(out)) problems.push(`it was made again: ${readdirSync(out)}`);
  const seconds = (ended.time - moved) / 1000;
  record({
    fault: 'run directory taken away',
    ...seen(ended),
    ...(await goesOn(folder, away, reference)),
    problems,
    seconds,
  });
}

/** One line that begins and holds as given, nothing if it is to be well, and no word of what only a developer knows. */
function problemsOf(ended: Ended, begin: string, holds = ''): string[] {
  const { code, signal, stderr } = ended;
  const well = code === 0 && stderr === '';
  const refused = [1, 2].includes(code ?? 0) && /^oxbow: [^\n]*\n$/.test(stderr) && !stderr.includes('OXBOW_DEBUG');
  const fits = begin + holds === '' ? well : refused && stderr.startsWith(`oxbow: ${begin}`) && stderr.includes(holds);
  return fits ? [] : [`ended with ${code ?? signal}: ${stderr}`];
}

/** Nothing here takes two minutes: what does, hangs, and is killed. */
async function within({ process, ended }: ReturnType<typeof startOxbow>): Promise<Ended> {
  const timer = setTimeout(() => process.kill('SIGKILL'), 120_000);
  try {
    return await ended;
  } finally {
    clearTimeout(timer);
  }
}

/** A copy of the run with one policy, which is evaluated quickly. */
function oneJob({ reference }: FaultContext, path: string): string {
  cpSync(reference, path, { recursive: true });
  const jobs = join(path, 'jobs');
  for (const name of readdirSync(jobs, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('policy.json') && name !== 'ppo/Lake-v0/gaussian/seed-0/policy.json') rmSync(join(jobs, name));
  }
  return path;
}

/** The folder of the longest jobs. */
const LONGEST = 'ppo/Lake-v0/realnvp';

/** A copy of the run that lacks its longest jobs. */
function unfinished(reference: string, path: string): string {
  cpSync(reference, path, { recursive: true });
  rmSync(join(path, 'jobs', LONGEST), { recursive: true });
  return path;
}

/** Whether one of the missing jobs has begun. */
function begun(path: string): boolean {
  const jobs = join(path, 'jobs', LONGEST);
  return (
    existsSync(jobs) && readdirSync(jobs, { recursive: true, encoding: 'utf8' }).some((name) => /seed-0$/.test(name))
  );
}

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!condition() && performance.now() < end) await delay(10);
}

/** Continues a run: which finished jobs were lost, and whether its summary is that of the unbroken one. */
async function goesOn(folder: string, path: string, reference: string): Promise<{ lost: number; equal: boolean }> {
  const before = finished(path);
  const { code } = await startOxbow(folder, ['resume', path]).ended;
  const equal =
    code === 0 && readFileSync(join(path, 'summary.json')).equals(readFileSync(join(reference, 'summary.json')));
  return { lost: [...before].filter(([name, result]) => finished(path).get(name) !== result).length, equal };
}

/** The results of the finished jobs. */
function finished(path: string): Map<string, string> {
  const names = filesBelow(path).filter((name) => name.endsWith('result.json'));
  return new Map(names.map((name) => [name, readFileSync(join(path, name), 'utf8')]));
}
