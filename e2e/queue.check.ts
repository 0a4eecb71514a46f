/** Runs by a queue: a real Redis, workers that are killed, a Redis that is restarted. Needs `redis-server`. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  ADDRESS,
  connect,
  folder,
  fromSources,
  oxbow,
  PORT,
  startRedis,
  startWorker,
  summary,
  until,
} from './queueProcesses.ts';

/** Trainings of some seconds, with several checkpoints in each. */
const TRAINING = [
  ...['train', 'Pendulum-v1', '--agent', 'ppo', '--seeds', '4', '--steps', '100000', '--envs', '4'],
  // That of a queue.
  ...['--engine', 'wasm'],
  ...['--set', 'checkpointInterval=0.3', '--set', 'evaluationEpisodes=4', '--set', 'agent.horizon=256'],
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
      await delay(700 * Math.random());
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

  test('a worker that lacks something says what, and leaves the job to another one; a result that is damaged is made again', async () => {
    const out = join(folder.path, 'refused');
    await startRedis();
    const study = 'test/cli/fixture/ownStudy.ts';
    const run = fromSources('run', study, '--quick', '--study', 'plain', '--out', out, '--queue', ADDRESS);
    const lacking = fromSources('worker', ADDRESS, '--workers', '1');
    const why = /takes no jobs of a run: experiment: got drift, expected a file that exports an experiment/;
    await until(() => why.test(lacking.output()) && why.test(run.output()));
    const connection = connect();
    const subscriber = connect();
    // What runs before this one may have left.
    const left = new Set(await subscriber.keys('oxbow:result:*'));
    // The first result is cut as soon as it is there.
    const damaged = (async () => {
      for (;;) {
        const key = (await subscriber.keys('oxbow:result:*')).find((name) => !left.has(name));
        if (key !== undefined && (await connection.set(key, 'cut', 'XX')) !== null) return;
      }
    })();
    // What computes, not what listens: it must not fetch the result before it is cut.
    const proper = Number(spawnSync('pgrep', ['-P', String(run.child.pid)], { encoding: 'utf8' }).stdout);
    process.kill(proper, 'SIGSTOP');
    const able = fromSources('worker', ADDRESS, '--workers', '1', '--load', study);
    await until(() => /: done/.test(able.output()));
    await damaged;
    process.kill(proper, 'SIGCONT');
    const { code, stderr } = await run.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(run.output()).toMatch(/the result that \S+ has sent cannot be read: .*; it is queued again/);
    const alone = join(folder.path, 'own-alone');
    expect((await fromSources('run', study, '--quick', '--study', 'plain', '--out', alone).ended).code).toBe(0);
    expect(summary(out)).toBe(summary(alone));
  });

  test('what cannot be used is said in one line, before anything is written', async () => {
    const mute = createServer(() => {});
    mute.listen(0);
    await once(mute, 'listening');
    await startRedis('--requirepass', 'right');
    const cases: [string, RegExp][] = [
      [`redis://localhost:1`, /cannot use Redis at localhost:1: nothing listens there/],
      [ADDRESS, /cannot use Redis at localhost:\d+: it wants a password/],
      [`redis://:wrong@localhost:${PORT}`, /cannot use Redis at localhost:\d+: the password is wrong/],
      [`redis://localhost:${(mute.address() as { port: number }).port}`, /it gives no answer/],
      ['http://localhost', /got http:\/\/…, expected redis:\/\/host:port or rediss:\/\/host:port/],
      ['nonsense', /got nonsense, expected redis:\/\/host:port or rediss:\/\/host:port/],
    ];
    for (const [address, line] of cases) {
      const run = oxbow(...TRAINING, '--out', join(folder.path, 'none'), '--queue', address);
      for (const { ended } of [run, oxbow('worker', address)]) {
        const { code, stderr } = await ended;
        expect([code, stderr.trim().split('\n').length, stderr.includes('wrong@')]).toEqual([2, 1, false]);
        expect(stderr).toMatch(line);
      }
    }
    expect(existsSync(join(folder.path, 'none'))).toBe(false);
    mute.close();
  });
});
