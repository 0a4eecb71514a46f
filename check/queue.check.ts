/** Runs by a queue: a real Redis, workers that are killed, a Redis that is restarted. Needs `redis-server`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { QUEUE } from '../experiments/harness/queue/queuedJob.ts';
import { root, temporaryFolder } from './project.ts';

const folder = temporaryFolder('queue');
afterAll(() => folder[Symbol.dispose]());

const PORT = 20_000 + (process.pid % 20_000);
const ADDRESS = `redis://localhost:${PORT}`;

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

function start(command: string, ...argv: string[]): Started {
  const child = spawn(command, argv, { cwd: root });
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

const oxbow = (...argv: string[]) => start(process.execPath, '--import', 'tsx', 'experiments/cli.ts', ...argv);
function connect(): Redis {
  const connection = new Redis(ADDRESS, { maxRetriesPerRequest: null });
  connection.on('error', () => {});
  connections.push(connection);
  return connection;
}

const startWorker = () => oxbow('worker', ADDRESS, '--workers', '1');

/** A Redis that keeps what it has been told, on disk. */
async function startRedis(...more: string[]): Promise<Started> {
  const redis = start(
    'redis-server',
    ...['--port', String(PORT), '--dir', folder.path, '--appendonly', 'yes', '--save', '', ...more],
  );
  await until(() => /Ready to accept connections/.test(redis.output()));
  return redis;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; !(await condition()); i++) {
    if (i === 1200) throw new Error('until: not in 60 s');
    await delay(50);
  }
}

const summary = (out: string) => readFileSync(join(out, 'summary.json'), 'utf8');

/** Trainings of some seconds, with a checkpoint every second. */
const TRAINING = [
  ...['train', 'Pendulum-v1', '--agent', 'ppo', '--seeds', '4', '--steps', '300000', '--envs', '4'],
  ...['--set', 'checkpointInterval=1', '--set', 'evaluationEpisodes=4', '--set', 'agent.horizon=256'],
];

describe('a queue in Redis', () => {
  test('two of three workers killed and Redis restarted: the same summary as without a queue', async () => {
    const [alone, queued] = [join(folder.path, 'alone'), join(folder.path, 'queued')];
    expect((await oxbow(...TRAINING, '--out', alone).ended).code).toBe(0);

    let redis = await startRedis();
    const workers = [startWorker(), startWorker(), startWorker()];
    await until(() => workers.every(({ output }) => /^Worker /m.test(output())));
    const run = oxbow(...TRAINING, '--out', queued, '--queue', ADDRESS);
    const connection = connect();
    for (const victim of workers.slice(0, 2)) {
      await until(async () => (await connection.keys('oxbow:checkpoint:*')).length > 1);
      await delay(2000 * Math.random());
      victim.child.kill('SIGKILL');
    }
    redis.child.kill('SIGTERM');
    await redis.ended;
    await until(() => /Lost the connection to Redis/.test(run.output()));
    redis = await startRedis();
    const { code, stderr } = await run.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(run.output().match(/^Worker \S+ is there, 1 job at a time$/gm)?.length).toBeGreaterThanOrEqual(3);
    expect(run.output()).toContain(`Redis at localhost:${PORT} is back`);
    expect(summary(queued)).toBe(summary(alone));

    expect(run.output()).toMatch(/seed-\d: goes on from step [\d,]+/);
    // Nothing is left behind.
    expect((await connection.keys('oxbow:*')).length).toBe(0);
  });

  test('a command that was killed goes on with what its workers did; one that was stopped takes its jobs back', async () => {
    const [alone, killed] = [join(folder.path, 'alone'), join(folder.path, 'killed')];
    await startRedis();
    const worker = startWorker();
    const first = oxbow(...TRAINING, '--out', killed, '--queue', ADDRESS);
    await until(() => /: done/.test(worker.output()));
    first.child.kill('SIGKILL');
    await first.ended;
    const second = oxbow(...TRAINING, '--out', killed, '--queue', ADDRESS);
    await until(() => /: done[\s\S]*: begun[\s\S]*: done/.test(worker.output()));
    second.child.kill('SIGINT');
    expect((await second.ended).code).toBe(130);
    await until(() => /its run was stopped/.test(worker.output()) || !/begun(?![\s\S]*done)/.test(worker.output()));
    expect((await oxbow('resume', killed).ended).code).toBe(0);
    expect(summary(killed)).toBe(summary(alone));
  });

  test('a worker refuses what it would not do alike, and survives what is no job', async () => {
    await startRedis();
    const connection = connect();
    const queue = new Queue(QUEUE, { connection });
    const config = {
      seeds: [0],
      studies: ['cloning'],
      policies: ['gaussian'],
      environments: ['Lake-v0'],
      engine: 'wasm',
    };
    const job = { id: 'a/job' };
    const known = { engine: 'wasm', backend: 'cpu', experiment: 'lake', config, settings: 's', job };
    await queue.add('lake', { ...known, version: '9.9.9' }, { jobId: 'later' });
    await queue.add('lake', { any: 'thing' }, { jobId: 'nothing' });
    const worker = startWorker();
    await until(() => /a\/job: not taken, it has oxbow \d+\.\d+\.\d+, the run 9\.9\.9/.test(worker.output()));
    await until(() => /^Worker /m.test(worker.output()));
    for (let i = 0; (await (await queue.getJob('nothing'))!.getState()) !== 'failed' && i < 100; i++) await delay(100);
    expect((await queue.getJob('nothing'))!.failedReason).toBe('it is no job of oxbow');
    expect(worker.child.exitCode).toBe(null);
    worker.child.kill('SIGINT');
    expect((await worker.ended).code).toBe(0);
    await queue.obliterate({ force: true });
    await queue.close();
  });

  test('what cannot be used is said in one line, before anything is written', async () => {
    const silent = createServer((socket) =>
      socket.on('data', (data) => {
        const info = 'redis_version:5.0.7\r\n';
        // Several commands may come at once, each begins with the count of its words.
        for (const _ of data.toString().matchAll(/^\*/gm)) socket.write(`$${info.length}\r\n${info}\r\n`);
      }),
    );
    const mute = createServer(() => {});
    mute.listen(0);
    await once(mute, 'listening');
    silent.listen(0);
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    await startRedis('--requirepass', 'right');
    const cases: [string, RegExp][] = [
      [`redis://localhost:1`, /cannot use Redis at localhost:1: nothing listens there/],
      [ADDRESS, /cannot use Redis at localhost:\d+: it wants a password/],
      [`redis://:wrong@localhost:${PORT}`, /cannot use Redis at localhost:\d+: the password is wrong/],
      [`redis://localhost:${port}`, /it is Redis 5\.0\.7, expected 6\.2 or newer/],
      [`redis://localhost:${(mute.address() as { port: number }).port}`, /it gives no answer/],
      ['http://localhost', /expected redis:\/\/host:port or rediss:\/\/host:port, got http:/],
      ['nonsense', /expected redis:\/\/host:port or rediss:\/\/host:port, got nonsense/],
    ];
    for (const [address, line] of cases) {
      const run = oxbow('run', 'lake', '--quick', '--out', join(folder.path, 'none'), '--queue', address);
      for (const { ended } of [run, oxbow('worker', address)]) {
        const { code, stderr } = await ended;
        expect([code, stderr.trim().split('\n').length, stderr.includes('wrong@')]).toEqual([2, 1, false]);
        expect(stderr).toMatch(line);
      }
    }
    silent.close();
    mute.close();
  });
});
