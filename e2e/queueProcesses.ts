/** What checks of a queue start: a Redis, commands and workers, all of which end after each test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, afterEach } from 'vitest';
import { isBuilt, root, temporaryFolder } from './project.ts';

export const folder = temporaryFolder('queue');
afterAll(() => folder[Symbol.dispose]());

export const PORT = 20_000 + (process.pid % 20_000);
export const ADDRESS = `redis://localhost:${PORT}`;

/** Everything that was started and may still go on. */
const running = new Set<ChildProcess>();
const connections: Redis[] = [];
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.disconnect();
  for (const child of [...running]) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});

interface Started {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<{ code: number | null; stderr: string }>;
}

function start(command: string, argv: readonly string[], env: Record<string, string> = {}): Started {
  const child = spawn(command, argv, { cwd: root, env: { ...process.env, ...env } });
  running.add(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code, stderr });
    });
  });
  return { child, output: () => stdout + stderr, ended };
}

/** The built command, which starts sooner, where it is there. */
const cli = isBuilt ? ['dist/cli/cli.js'] : ['--import', 'tsx', 'experiments/cli.ts'];
export const oxbow = (...argv: string[]) => start(process.execPath, [...cli, ...argv]);

/** The command of the sources, whose experiments are those of files. */
export const fromSources = (...argv: string[]) => start(process.execPath, ['--import', 'tsx', 'cli/cli.ts', ...argv]);

export function connect(): Redis {
  const connection = new Redis(ADDRESS, { maxRetriesPerRequest: null });
  connection.on('error', () => {});
  connections.push(connection);
  return connection;
}

export const startWorker = () => oxbow('worker', ADDRESS, '--workers', '1');

/** A Redis that keeps what it has been told, on disk. */
export async function startRedis(...more: string[]): Promise<Started> {
  const settings = ['--port', String(PORT), '--dir', folder.path, '--appendonly', 'yes', '--save', '', ...more];
  const redis = start('redis-server', settings);
  await until(() => /Ready to accept connections/.test(redis.output()));
  return redis;
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; !(await condition()); i++) {
    if (i === 1200) throw new Error('until: not in 60 s');
    await delay(50);
  }
}

export const summary = (out: string) => readFileSync(join(out, 'summary.json'), 'utf8');
