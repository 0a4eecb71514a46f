/** What a run by a queue believes, where anybody writes to its Redis. Needs `redis-server`. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../cli/experiment/checkedJson.ts';
import type { Job } from '../cli/experiment/experiment.ts';
import { version } from '../cli/run/environment.ts';
import { writeJobFolder } from '../cli/run/jobFolder.ts';
import { packFolders } from '../cli/run/queue/packedFolders.ts';
import {
  KEY,
  keysOf,
  openJob,
  QUEUE,
  type QueuedJob,
  queueId,
  Seal,
  sealJob,
  sealMessage,
  sealResult,
} from '../cli/run/queue/queuedJob.ts';
import { ADDRESS, connect, drift, folder, oxbow, type Started, startRedis, summary, until } from './queueProcesses.ts';

const key = { [KEY]: randomBytes(32).toString('hex') };
const RUN = ['run', 'drift', '--study', 'plain', '--policies', 'left', '--seeds', '4', '--set', 'pause=20'];
const [alone, at] = [join(folder.path, 'alone'), (name: string) => join(folder.path, name)];

/** A Redis that holds nothing of a test before. */
const freshRedis = (...more: string[]) => startRedis('--appendonly', 'no', ...more);

const command = (name: string, env: Record<string, string>, ...more: string[]): Started =>
  drift([...RUN, '--out', at(name), '--queue', ADDRESS, ...more], env);
const worker = (env: Record<string, string>, ...more: string[]): Started =>
  drift(['worker', ADDRESS, '--workers', '1', ...more], env);

/** What somebody makes of a job that they found in Redis: a result with a metric of their own. */
async function forgedFolders(queued: QueuedJob): Promise<Buffer> {
  const directory = join(folder.path, 'forged');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  writeFileSync(join(directory, 'position.txt'), '1000000\n');
  const result = { metrics: { position: 1_000_000, side: 1 } };
  writeJobFolder(directory, { job: { id: queued.job } as Job, settings: queued.settings, result, rows: [] });
  return packFolders({ directory });
}

/** Takes jobs as BullMQ gives them, and does with them what a test wants. It stops by its disposal. */
function takeJobs(count: number, work: (id: string, data: string, redis: Redis) => Promise<void>) {
  const redis = connect();
  let taken = 0;
  let enough = () => {};
  const done = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const connection = redis.duplicate();
  connection.on('error', () => {});
  const taker = new Worker(
    QUEUE,
    async (entry) => {
      if (taken++ >= count) await new Promise(() => {});
      await work(entry.id!, entry.data as string, redis);
      if (taken === count) enough();
    },
    { connection, lockDuration: 1000, stalledInterval: 500, skipVersionCheck: true },
  );
  taker.on('error', () => {});
  return {
    done,
    close: async () => {
      await taker.pause(true);
      await taker.close(true);
      connection.disconnect();
    },
  };
}

/** Reads a job as anybody can, whoever has signed it. */
const read = (data: string): QueuedJob => JSON.parse(data.slice(data.indexOf(':') + 1));

/** What does not depend on how long a step took. */
const results = (out: string): unknown => JSON.parse(summary(out)).results;

describe('a queue in a Redis into which anybody writes', () => {
  beforeAll(async () => {
    expect((await drift([...RUN, '--out', alone]).ended).code).toBe(0);
  });

  test('a forged result is taken where there is no key, and both sides have said so in their first lines', async () => {
    await freshRedis();
    const run = command('unsigned', {});
    const forger = takeJobs(4, async (id, data, redis) => {
      const packed = await forgedFolders(read(data));
      await redis.set(keysOf(id).result, sealResult(new Seal(undefined), id, { seconds: 1, worker: 'x', packed }));
    });
    expect(await run.ended).toEqual({ code: 0, stderr: '' });
    await forger.close();
    expect(results(at('unsigned'))).toContainEqual(expect.objectContaining({ metric: 'position', iqm: 1_000_000 }));
    const warning = `No ${KEY}: whoever can write to this Redis can forge results, and have workers do any job`;
    expect(run.output()).toContain(warning);
    const honest = worker({});
    await until(() => honest.output().includes('\n'));
    expect(honest.output().split('\n')[0]).toContain(warning);
  });

  test('with a key forged, replayed and changed messages are refused, and the jobs are done again', async () => {
    await freshRedis();
    const run = command('signed', key);
    const results: Buffer[] = [];
    const attacks = [
      async (id: string, queued: QueuedJob) =>
        sealResult(new Seal(undefined), id, { seconds: 1, worker: 'x', packed: await forgedFolders(queued) }),
      async (id: string, queued: QueuedJob) =>
        sealResult(new Seal('k'.repeat(40)), id, { seconds: 1, worker: 'x', packed: await forgedFolders(queued) }),
      async () => Buffer.from('nothing of oxbow'),
    ];
    const forger = takeJobs(attacks.length, async (id, data, redis) => {
      const forged = await attacks[results.length]!(id, read(data));
      results.push(forged);
      await redis.set(keysOf(id).result, forged);
    });
    await forger.done;
    await until(() => [...run.output().matchAll(/what was sent of it .*; it is queued again/g)].length === 3);
    await forger.close();
    expect(run.output()).toMatch(/: what was sent of it is not signed, but OXBOW_QUEUE_KEY is set here; it is queued/);
    expect(run.output()).toMatch(
      /has a signature that does not fit: it is forged, or OXBOW_QUEUE_KEY is another there/,
    );
    expect(run.output()).toMatch(/what was sent of it is no message of oxbow/);
    const honest = worker(key);
    expect(await run.ended).toEqual({ code: 0, stderr: '' });
    expect(summary(at('signed'))).toBe(summary(alone));
    expect(existsSync(join(at('signed'), 'queue.json'))).toBe(false);
    expect(honest.output().split('\n')[0]).toMatch(/^Worker \S+: oxbow \S+, 1 job at a time\. Ctrl-C stops it\.$/);
    const connection = connect();
    expect(await connection.keys('oxbow:*')).toEqual([]);
  });

  test("a signed result does not stand for another job, another run or another kind; a forged one does not end a worker's", async () => {
    await freshRedis();
    const redis = connect();
    const seal = new Seal(key[KEY]);
    // Signed messages of a worker, as somebody has recorded them.
    const first = command('recorded', key);
    const recorded = new Map<string, Buffer>();
    const copier = takeJobs(4, async (id, data) => {
      const packed = await forgedFolders(openJob(seal, id, data).read());
      recorded.set(id, sealResult(seal, id, { seconds: 1, worker: 'x', packed }));
    });
    await copier.done;
    await copier.close();
    first.child.kill('SIGINT');
    await first.ended;

    const second = command('replayed', key);
    const [of] = [...recorded.values()];
    const replayer = takeJobs(2, async (id) => {
      expect(recorded.has(id)).toBe(false);
      await redis.set(keysOf(id).result, of!);
    });
    await until(() => [...second.output().matchAll(/a signature that does not fit/g)].length === 2);
    await replayer.close();
    // A result that is there before the job is done, a checkpoint, words of progress, and an order to stop.
    const queue = new Queue(QUEUE, { connection: redis, skipVersionCheck: true });
    const unsigned = new Seal(undefined);
    for (const { id } of await queue.getJobs(['prioritized', 'waiting', 'delayed'])) {
      const { result, checkpoint, progress, cancel } = keysOf(id!);
      await redis.set(result, of!);
      await redis.set(checkpoint, unsigned.seal('checkpoint', id!, 'x'));
      const words = { fraction: 1, state: 'forged', worker: 'x', lines: ['forged'], before: 0 };
      await redis.set(progress, sealMessage(unsigned, 'progress', id!, words));
      await redis.set(cancel, unsigned.seal('cancel', id!, ''));
    }
    const honest = worker(key);
    expect(await second.ended).toEqual({ code: 0, stderr: '' });
    expect(summary(at('replayed'))).toBe(summary(alone));
    expect(second.output()).not.toContain('forged @');
    expect(honest.output()).not.toMatch(/run was stopped|another worker/);
    await queue.close();
  });

  test('a job that was changed on its way is not done, and is queued again', async () => {
    await freshRedis();
    const redis = connect();
    const run = command('changed', key);
    const queue = new Queue(QUEUE, { connection: redis, skipVersionCheck: true });
    await until(async () => (await queue.getJobCounts('prioritized')).prioritized === 4);
    const [entry] = await queue.getJobs(['prioritized']);
    await redis.hset(
      `bull:${QUEUE}:${entry!.id}`,
      'data',
      JSON.stringify(entry!.data.replace('"pause":20', '"pause":21')),
    );
    const honest = worker(key);
    expect(await run.ended).toEqual({ code: 0, stderr: '' });
    expect(honest.output()).toMatch(/takes no jobs of a run: a job has a signature that does not fit/);
    expect(run.output()).toMatch(/does not take it, a job has a signature that does not fit.*; it is queued again/);
    expect(summary(at('changed'))).toBe(summary(alone));
    await queue.close();
  });

  test('a command and a worker of different keys say so in one line each, and do not work together', async () => {
    await freshRedis();
    const cases: [Record<string, string>, Record<string, string>, RegExp][] = [
      [key, {}, /is signed, but OXBOW_QUEUE_KEY is not set here/],
      [{}, key, /is not signed, but OXBOW_QUEUE_KEY is set here/],
      [key, { [KEY]: 'k'.repeat(32) }, /has a signature that does not fit: .* OXBOW_QUEUE_KEY is another there/],
    ];
    for (const [i, [ours, theirs, line]] of cases.entries()) {
      const run = command(`keys-${i}`, ours);
      const other = worker(theirs);
      await until(() => line.test(other.output()));
      await until(() => /A worker does not take \S+\. What it says /.test(run.output()));
      await delay(3000);
      expect(other.output().match(/takes no jobs/g)?.length).toBe(1);
      expect(run.output().match(/A worker does not take/g)?.length).toBe(1);
      expect(other.output()).not.toMatch(/begun/);
      other.child.kill('SIGINT');
      run.child.kill('SIGINT');
      expect((await other.ended).code).toBe(0);
      const { code, stderr } = await run.ended;
      expect(code).toBe(130);
      expect(stderr).not.toMatch(/killed/);
    }
    const short = { [KEY]: '' };
    for (const { ended } of [command('none', short), worker(short)]) {
      const { code, stderr } = await ended;
      expect([code, stderr.trim().split('\n').length]).toEqual([2, 1]);
      expect(stderr).toMatch(/OXBOW_QUEUE_KEY: got 0 characters, expected 32 or more/);
    }
    expect(existsSync(at('none'))).toBe(false);
  });

  test('an audit computes results anew: the same bytes are taken, others end the run and name job and worker', async () => {
    await freshRedis();
    const honest = worker(key);
    const good = command('audited', key, '--audit', '0.6');
    expect(await good.ended).toEqual({ code: 0, stderr: '' });
    expect(good.output()).toContain('Audit: 3 of 4 results will be computed anew here');
    expect(good.output()).toContain('Audit: 3 of 3 results gave the same bytes here');
    expect(summary(at('audited'))).toBe(summary(alone));
    const [session] = JSON.parse(readFileSync(join(at('audited'), 'run.json'), 'utf8')).sessions;
    expect(session.audit.length).toBe(3);
    for (const record of session.audit)
      expect(record).toMatchObject({ agrees: true, worker: expect.stringMatching(/:\d+$/) });
    expect(Object.keys(session.by).length).toBe(4);
    honest.child.kill('SIGINT');
    await honest.ended;

    const seal = new Seal(key[KEY]);
    const bad = command('lied', key, '--audit', '1');
    const liar = takeJobs(4, async (id, data, redis) => {
      const packed = await forgedFolders(openJob(seal, id, data).read());
      await redis.set(keysOf(id).result, sealResult(seal, id, { seconds: 1, worker: 'liar:7', packed }));
    });
    const { code, stderr } = await bad.ended;
    await liar.close();
    expect([code, stderr.trim().split('\n').length]).toEqual([1, 1]);
    expect(stderr).toMatch(
      /job plain\/Line-v0\/left\/seed-\d failed: the result that liar:7 has sent is not what it gives here: other bytes \(position 1000000, now −?\d/,
    );
    expect(bad.output()).toContain('Audit: 0 of 1 result gave the same bytes here');
    expect(existsSync(join(at('lied'), 'jobs'))).toBe(false);
    // What the same worker has sent beside it is not there for a command that goes on.
    expect(await connect().keys('oxbow:result:*')).toEqual([]);
  });

  test('no module is imported for a job of another version, or that the worker was not given', async () => {
    await freshRedis();
    const redis = connect();
    const [module, mark] = [join(folder.path, 'evil.mjs'), join(folder.path, 'imported')];
    writeFileSync(module, `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(mark)}, '');\n`);
    const config = {
      ...{ seeds: [0], studies: ['ppo'], policies: ['gaussian'], environments: ['Pendulum-v1'] },
      ...{ engine: 'wasm', load: [module] },
    };
    const seal = new Seal(undefined);
    const queue = new Queue(QUEUE, { connection: redis, skipVersionCheck: true });
    for (const [of, engine] of [
      ['9.9.9', 'wasm'],
      [version(), 'another'],
      [version(), 'wasm'],
    ] as const) {
      const run = `run-${of}-${engine}`;
      const settings = sha256(of);
      const job = 'ppo/Pendulum-v1/gaussian/seed-0';
      const queued = { version: of, engine, backend: 'cpu', experiment: 'train', config, settings, run, job } as const;
      const id = queueId(queued);
      await queue.add('job', sealJob(seal, id, { ...queued, config }), { jobId: id });
    }
    const other = oxbow('worker', ADDRESS, '--workers', '1');
    await until(() => /takes no jobs of a run: it has oxbow \d+\.\d+\.\d+, the run 9\.9\.9/.test(other.output()));
    await until(() => /takes no jobs of a run: it has the engine wasm, the run another/.test(other.output()));
    await until(() => /takes no jobs of a run: .*--load/.test(other.output()));
    expect(existsSync(mark)).toBe(false);
    await queue.close();
  });

  test('nothing that is in Redis acts on a terminal', async () => {
    await freshRedis();
    const run = command('escapes', {});
    const evil = '\x1b]0;owned\x07\x1b[2J\u202e\r\nforged line\x9b31m';
    const unsigned = new Seal(undefined);
    const forger = takeJobs(4, async (id, _, redis) => {
      const words = { fraction: 0.5, state: evil, worker: evil, lines: [evil, 'x'.repeat(100_000)], before: 0 };
      await redis.set(keysOf(id).progress, sealMessage(unsigned, 'progress', id, words));
      await redis.set(keysOf(id).failure, sealMessage(unsigned, 'failure', id, { message: evil }));
      await delay(700);
      throw new Error(evil);
    });
    expect((await run.ended).code).toBe(1);
    await forger.close();
    expect(run.output()).toContain('\\x1b]0;owned\\x07');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(run.output()).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
    expect(run.output()).not.toMatch(/^forged line/m);
    expect(
      Math.max(
        ...run
          .output()
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThan(1000);
  });

  test('a Redis that takes nothing is waited for, in one line each, and nothing is lost', async () => {
    // A file cannot be saved over a folder.
    mkdirSync(join(folder.path, 'sub'));
    await freshRedis('--enable-protected-configs', 'yes');
    const redis = connect();
    const faults: [string, () => Promise<unknown>, () => Promise<unknown>, string][] = [
      [
        'memory',
        () => redis.config('SET', 'maxmemory', '1'),
        () => redis.config('SET', 'maxmemory', '0'),
        'its memory is full (maxmemory)',
      ],
      [
        'disk',
        async () => {
          await redis.config('SET', 'dbfilename', 'sub');
          await redis.config('SET', 'save', '3600 1');
          await redis.bgsave();
          await until(async () => /rdb_last_bgsave_status:err/.test(await redis.info('persistence')));
        },
        () => redis.config('SET', 'save', ''),
        'it cannot save to its disk',
      ],
      [
        'replica',
        () => redis.replicaof('127.0.0.1', 1),
        () => redis.replicaof('NO', 'ONE'),
        'it is a replica, which is only read',
      ],
    ];
    const workers = [worker(key), worker(key)];
    await until(() => workers.every(({ output }) => /^Worker /m.test(output())));
    for (const [name, begin, end, why] of faults) {
      const before = workers.map(({ output }) => output().length);
      const said = () => workers.map(({ output }, i) => output().slice(before[i]!));
      const line = `Redis at localhost:${redis.options.port} takes nothing new: ${why}. Waiting, nothing is lost`;
      await begin();
      const run = command(name, key, '--set', 'pause=100');
      await until(() => run.output().includes(line));
      await end();
      await until(() => said().some((text) => /begun/.test(text)));
      // Jobs of two seconds end while it takes nothing.
      await begin();
      await until(() => said().every((text) => text.includes(line)));
      await delay(2000);
      await end();
      expect(await run.ended).toEqual({ code: 0, stderr: '' });
      expect(results(at(name))).toEqual(results(alone));
      for (const text of [...said(), run.output()]) {
        expect(text).not.toMatch(/Lua|script|ReplyError|at async/);
        expect(text.split(line).length - 1, text).toBe(1);
        expect(text).toContain('takes what it is told again');
      }
    }
  });
});
