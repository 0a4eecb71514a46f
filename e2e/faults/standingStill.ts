import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Ended, type OxbowProcess, startOxbow } from '../oxbowProcess.ts';
import type { FaultContext } from './faultCase.ts';
import { filesBelow } from './filesBelow.ts';
import { untimedEvents } from './untimedEvents.ts';

/** What stands still while a second command comes, and whether that one can take the directory over. */
interface Stand {
  readonly what: string;
  readonly takenOver: boolean;
  /** The processes, of a command that works. */
  of(run: OxbowProcess): number[];
  /** Whether the first command is killed while they stand still. */
  readonly killed?: boolean;
}

const listener = (run: OxbowProcess) => [run.process.pid!];
const command = (run: OxbowProcess) => run.running().command;
const worker = (run: OxbowProcess) => run.running().workers.slice(0, 1);

const STANDS: readonly Stand[] = [
  { what: 'command and a worker', takenOver: false, of: (run) => [...command(run), ...worker(run)] },
  // As by Ctrl-Z, which does not reach workers.
  { what: 'command and what listens for it', takenOver: false, of: (run) => [...listener(run), ...command(run)] },
  { what: 'a worker of a command that is killed', takenOver: true, of: worker, killed: true },
];

/** Processes of a training stand still, the same command comes again, and they go on: one of the two trains, and nothing is written twice. */
export async function standingStill({ folder, short, record }: FaultContext): Promise<void> {
  const train = [
    ...[
      'train',
      'Pendulum-v1',
      '--agent',
      'ppo',
      '--policy',
      'spline',
      '--seeds',
      '2',
      '--workers',
      '2',
      '--envs',
      '2',
    ],
    ...['--steps', short ? '30000' : '200000', '--set', 'agent.horizon=128', '--set', 'policy.hidden=32,32'],
    ...['evaluationEpisodes=5', 'checkpointInterval=0.5', 'logInterval=0'].flatMap((setting) => ['--set', setting]),
  ];
  const whole = join(folder, 'standing-whole');
  const unbroken = await startOxbow(folder, [...train, '--out', whole]).ended;
  if (unbroken.code !== 0) throw new Error(`the unbroken training failed: ${unbroken.stderr}`);
  for (const [i, stand] of STANDS.filter(({ killed }) => !short || killed).entries()) {
    const out = join(folder, `standing-${i}`);
    const argv = [...train, '--out', out];
    const first = startOxbow(folder, argv);
    while (rowsOf(out).length < 5) await delay(20);
    const standing = stand.of(first);
    for (const pid of standing) process.kill(pid, 'SIGSTOP');
    if (stand.killed) process.kill(command(first)[0]!, 'SIGKILL');
    const second = startOxbow(folder, argv);
    // It works as soon as the log is another file.
    const before = inode(out);
    const works = async () => {
      while (inode(out) === before && second.process.exitCode === null) await delay(20);
      await delay(500);
    };
    await (stand.takenOver ? works() : second.ended);
    for (const pid of standing.reverse()) {
      process.kill(pid, 'SIGCONT');
      await delay(300);
    }
    const ends = await Promise.all([first.ended, second.ended]);
    const problems = [
      ...(standing.length > 0 ? [] : ['nothing stood still']),
      ...endings(stand, out, ends),
      ...differences(out, whole),
    ];
    const sum = (count: (ended: Ended) => number) => ends.reduce((total, ended) => total + count(ended), 0);
    record({
      fault: `standing still with a second command in between, ${stand.what}`,
      coreDumps: sum((ended) => ended.coreDumps),
      stackTraces: sum((ended) => ended.stackTraces),
      orphans: sum((ended) => ended.orphans),
      lost: 0,
      equal: problems.length === 0,
      problems,
    });
  }
}

/** What is wrong with how the two have ended. */
function endings({ takenOver }: Stand, out: string, [first, second]: readonly Ended[]): string[] {
  const used = `oxbow: ${out} is in use by another command, expected one at a time\n`;
  const is = takenOver
    ? [first!.signal === 'SIGKILL' && first!.stderr === '', second!.code === 0 && second!.stderr === '']
    : [first!.code === 0 && first!.stderr === '', second!.code === 2 && second!.stderr === used];
  if (is.every(Boolean)) return [];
  return [first, second].map((ended) => `ended with ${ended!.code ?? ended!.signal}: ${ended!.stderr}`);
}

/** What is not as in the unbroken training: a row twice, another result, a file too many. */
function differences(out: string, whole: string): string[] {
  const [is, was] = [out, whole].map((path) => filesBelow(path));
  const names = [...new Set([...is!, ...was!])].filter((name) => !/(run|speed)\.json$/.test(name));
  return names.flatMap((name) => {
    if (!is!.includes(name)) return [`${name} is missing`];
    if (!was!.includes(name)) return [`${name} is too much`];
    const [a, b] = [out, whole].map((path) => contentOf(join(path, name)));
    if (a === b) return [];
    const [rows, expected] = [a!, b!].map((text) => text.split('\n').length - 1);
    return [`${name} is another${name.endsWith('.jsonl') ? `: ${rows} rows, expected ${expected}` : ''}`];
  });
}

/** But for what is of the clock. */
function contentOf(path: string): string {
  return path.includes('tfevents') ? untimedEvents(path) : readFileSync(path, 'latin1');
}

function logOf(out: string): string {
  return join(out, 'logs/ppo/Pendulum-v1/spline/seed-0/progress.jsonl');
}

function rowsOf(out: string): string[] {
  return existsSync(logOf(out)) ? readFileSync(logOf(out), 'utf8').split('\n') : [];
}

function inode(out: string): number {
  return statSync(logOf(out)).ino;
}
