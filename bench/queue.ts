import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { Command } from 'commander';
import { median } from './median.ts';

const program = new Command('bench:queue')
  .description(
    'Times the jobs of a run by a queue, with n workers of one job each, and in n processes of the command itself, in turns. Needs redis-server.',
  )
  .option('--workers <n>', 'how many of each (default: the number of cores)')
  .option('--seeds <n>', 'seeds; each has six jobs of some seconds', '8')
  .option('--steps <n>', 'steps of a job', '600')
  .option('--rounds <n>', 'turns of each', '3')
  .parse();
const options = program.opts<{ workers?: string; seeds: string; steps: string; rounds: string }>();
const workers = Number(options.workers ?? availableParallelism());
const rounds = Number(options.rounds);
for (const [name, value] of Object.entries({ workers, rounds })) {
  if (!Number.isInteger(value) || value < 1) program.error(`--${name}: got ${value}, expected an integer ≥ 1`);
}
const JOBS = [
  ...['run', 'lake', '--study', 'E1', '--env', 'LakeStride-v0', '--policies', 'gaussian,mixture-2'],
  ...['--seeds', options.seeds, '--set', `cloning.steps=${options.steps}`],
];

// What goes through Redis is signed, as it should be.
process.env.OXBOW_QUEUE_KEY = randomBytes(32).toString('hex');

const folder = mkdtempSync(join(tmpdir(), 'oxbow-bench-queue-'));
const running = new Set<ChildProcess>();
try {
  const address = await startRedis();
  console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores; ${workers} of each`);
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const own = () => time(join(folder, `own-${round}`), '--workers', String(workers));
    const queue = () => timeQueue(join(folder, `queue-${round}`), address);
    // Each is the first in every second round.
    const first = round % 2 === 0 ? await own() : await queue();
    const second = round % 2 === 0 ? await queue() : await own();
    const [alone, queued] = round % 2 === 0 ? [first, second] : [second, first];
    if (alone.fingerprint !== queued.fingerprint) throw new Error('bench:queue: the two runs have other results');
    ratios.push(queued.rate / alone.rate);
    const shown = ({ rate, seconds }: Timed) =>
      `${rate.toFixed(2)} jobs a second (${seconds.toFixed(1)} s with the start)`;
    console.log(`own processes: ${shown(alone)}; queue: ${shown(queued)}; load average ${loadavg()[0]!.toFixed(1)}`);
    console.log(`throughput: ${ratios.at(-1)!.toFixed(2)}`);
  }
  console.log(`median: the queue's throughput is ${median(ratios).toFixed(2)} of that of the command's own processes`);
} finally {
  for (const child of [...running]) await stop(child);
  rmSync(folder, { recursive: true });
}

interface Timed {
  /** Jobs a second, from when as many jobs as there are workers have finished: they have started and loaded all they need. */
  readonly rate: number;
  /** All of it, as the run itself stores it: with the start of the processes that do the jobs, without that of the command. */
  readonly seconds: number;
  readonly fingerprint: string;
}

async function timeQueue(out: string, address: string): Promise<Timed> {
  const waiting = Array.from({ length: workers }, () => oxbow('worker', address, '--workers', '1'));
  for (const worker of waiting) await said(worker, 'Worker ');
  const timed = await time(out, '--queue', address);
  for (const worker of waiting) await stop(worker);
  return timed;
}

async function time(out: string, ...more: string[]): Promise<Timed> {
  const run = oxbow(...JOBS, '--out', out, ...more);
  run.stdout!.resume();
  const [code] = await once(run, 'close');
  if (code !== 0) throw new Error(`bench:queue: the run in ${out} ended with code ${code}`);
  const read = (file: string) => JSON.parse(readFileSync(join(out, file), 'utf8'));
  const finished = readdirSync(join(out, 'jobs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => basename(path) === 'result.json')
    .map((path) => statSync(join(out, 'jobs', path)).mtimeMs)
    .sort((a, b) => a - b);
  if (finished.length <= workers)
    program.error(`--seeds: got ${options.seeds}, expected more jobs than ${workers} workers`);
  const started = finished[workers - 1]!;
  return {
    rate: (1000 * (finished.length - workers)) / (finished.at(-1)! - started),
    seconds: read('run.json').sessions[0].seconds,
    fingerprint: read('summary.json').fingerprint,
  };
}

/** Returns its address. */
async function startRedis(): Promise<string> {
  const port = await freePort();
  const settings = ['--port', String(port), '--dir', folder, '--save', '', '--appendonly', 'yes'];
  await said(start('redis-server', ...settings), 'Ready to accept connections');
  return `redis://localhost:${port}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function oxbow(...argv: string[]): ChildProcess {
  return start(process.execPath, '--import', 'tsx', 'experiments/cli.ts', ...argv);
}

function start(command: string, ...argv: string[]): ChildProcess {
  const child = spawn(command, argv, {
    cwd: resolve(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.once('error', (error) => program.error(`cannot start ${command}: ${error.message}`));
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

/** Resolves when a process has printed a text. @throws if it ends before */
async function said(child: ChildProcess, text: string): Promise<void> {
  let output = '';
  child.stdout!.setEncoding('utf8');
  for await (const data of child.stdout!.iterator({ destroyOnReturn: false })) {
    output += data;
    if (!output.includes(text)) continue;
    child.stdout!.resume();
    return;
  }
  throw new Error(`bench:queue: ${child.spawnfile} ended before it said '${text}'`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'close');
}
