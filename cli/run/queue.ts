import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { gunzip, gzip } from 'node:zlib';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { isTemporary, writeWholeFile } from '../../src/files.ts';
import { sha256 } from '../experiment/checkedJson.ts';
import { InputError } from '../experiment/errors.ts';
import type { CommonConfig, Job } from '../experiment/experiment.ts';
import { firstLine, plural } from '../experiment/text.ts';
import { storageErrorOf, version } from './environment.ts';
import { isPlainPath, readJobFolder } from './jobFolder.ts';
import type { JobEvents, RunJobs } from './pool.ts';

/** The queue of all runs: a worker takes jobs of any. The number rises with the format of jobs. */
export const QUEUE = 'oxbow-3';

/** Seconds for which Redis keeps what nobody fetches. */
export const KEPT = 7 * 24 * 3600;

/** The environment variable that holds the password where the address has none: other users can list command lines. */
const PASSWORD = 'OXBOW_QUEUE_PASSWORD';

/** Milliseconds between two looks at the jobs, in which a Redis answers at first, and that stopping takes at most. */
const [INTERVAL, PATIENCE, STOPPING] = [250, 10_000, 1000];

/** Why a job has ended that a command has taken back. */
export const STOPPED = 'its run was stopped';

/** How often a job is queued again whose result cannot be read. */
const MOST_LOSSES = 3;

/** Bytes of packed folders: Redis takes 512 MiB for one value. */
const LARGEST = 500 * 2 ** 20;

/** What a worker has to know of a job to do it anywhere. */
export const queuedJobSchema = z.strictObject({
  version: z.string(),
  engine: z.string(),
  backend: z.string(),
  experiment: z.string(),
  config: z.custom<CommonConfig>((value) => typeof value === 'object' && value !== null),
  /** Stands for the settings: it is in the job's result. */
  settings: z.string(),
  /** Its id. What else it is, the experiment says by the settings. */
  job: z.string(),
});

export type QueuedJob = z.infer<typeof queuedJobSchema>;

const progressSchema = z.object({ fraction: z.number(), state: z.string().optional(), worker: z.string() });
const resultSchema = z.object({ seconds: z.number().nonnegative(), worker: z.string() });
export type QueuedProgress = z.infer<typeof progressSchema>;
export type QueuedResult = z.infer<typeof resultSchema>;

/** Where in Redis lies what BullMQ does not keep of a job: its packed folders, and the word that it is to stop. */
export const keysOf = (id: string) => ({
  result: `oxbow:result:${id}`,
  checkpoint: `oxbow:checkpoint:${id}`,
  cancel: `oxbow:cancel:${id}`,
});

type QueuePackages = typeof import('bullmq') & { readonly Redis: typeof Redis };

/** The packages behind queues, which are installed by those who use one. */
export async function queuePackages(): Promise<QueuePackages> {
  try {
    const [{ Redis }, bullmq] = await Promise.all([import('ioredis'), import('bullmq')]);
    return { Redis, ...bullmq };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new InputError(`a queue needs two more packages: npm install bullmq ioredis (${firstLine(message)})`);
  }
}

/**
 * Connects to a Redis. Where the connection is lost later, commands wait until it is back.
 * @param url `redis://[user:password@]host[:port][/database]`, `rediss://` with TLS; a password that it lacks is taken out of the environment
 * @param say is told when the connection is lost, and when it is back
 * @throws InputError that says what is wrong, without the password
 */
export async function connectRedis(label: string, url: string, say: (line: string) => void): Promise<Redis> {
  const { Redis } = await queuePackages();
  if (!URL.canParse(url) || !['redis:', 'rediss:'].includes(new URL(url).protocol)) {
    const got = url.trim() === '' ? 'nothing' : url.replace(/\/\/.*/s, '//…');
    throw new InputError(`${label}: got ${got}, expected redis://host:port or rediss://host:port`);
  }
  const { host, password: inAddress } = new URL(url);
  const password = process.env[PASSWORD];
  delete process.env[PASSWORD];
  let isThere = false;
  const redis = new Redis(url, {
    ...(password && inAddress === '' && { password }),
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (isThere ? Math.min(200 * times, 2000) : null),
  });
  let problem: Error | undefined;
  redis.on('error', (error: Error) => {
    problem = error;
  });
  try {
    const silence = delay(PATIENCE, undefined, { ref: false }).then(() => {
      throw new Error(`it gives no answer in ${PATIENCE / 1000} s`);
    });
    await Promise.race([redis.connect().then(() => redis.ping()), silence]);
  } catch (error) {
    redis.disconnect();
    throw new InputError(`${label}: cannot use Redis at ${host}: ${reason(problem ?? (error as Error))}`);
  }
  isThere = true;
  redis.once('reconnecting', function lost() {
    say(`Lost the connection to Redis at ${host}, waiting for it`);
    redis.once('ready', () => {
      say(`Redis at ${host} is back`);
      redis.once('reconnecting', lost);
    });
  });
  return redis;
}

function reason(error: Error): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'nothing listens there (connection refused)';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'no such host';
  if (/WRONGPASS|invalid (username-)?password/.test(message)) return 'the password is wrong';
  if (/NOAUTH/.test(message)) return `it wants a password: ${PASSWORD}, or redis://:password@host:port`;
  return firstLine(message);
}

/** How a worker calls itself in Redis, which lists its clients: `alpha:123*4` on `alpha` takes four jobs at a time. */
export const workerName = (me: string, jobs: number): string => `${me}*${jobs}`;

/** Says each line once. */
export function once(say: (line: string) => void): (line: string) => void {
  const said = new Set<string>();
  return (line) => {
    if (!said.has(line)) say(line);
    said.add(line);
  };
}

/** Folders of a job by name. */
type Folders = Readonly<Record<string, string>>;

/** The files below some folders, compressed. @throws if they are too many bytes for one value of Redis */
export async function packFolders(folders: Folders): Promise<Buffer> {
  const entries = Object.entries(folders).flatMap(([name, folder]) =>
    filesBelow(folder).map((path) => [name, path.split(sep).join('/'), readFileSync(join(folder, path))] as const),
  );
  const packed = await promisify(gzip)(serialize(entries));
  if (packed.length <= LARGEST) return packed;
  const size = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  throw new Error(`its files are ${size(packed.length)}, packed, expected at most ${size(LARGEST)} in a queue`);
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !isTemporary(entry.name));
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort();
}

/** Writes what {@link packFolders} has packed, each file whole, and a `result.json` after all others. */
export async function unpackFolders(packed: Uint8Array, folders: Folders): Promise<void> {
  const entries = deserialize(await promisify(gunzip)(packed)) as [name: string, path: string, bytes: Uint8Array][];
  for (const [name, path, bytes] of entries.sort(([, a], [, b]) => Number(isResult(a)) - Number(isResult(b)))) {
    if (!isPlainPath(path) || !Object.hasOwn(folders, name)) throw new Error(`got a file ${name}/${path}`);
    const to = join(folders[name]!, path);
    mkdirSync(dirname(to), { recursive: true });
    writeWholeFile(to, [bytes]);
  }
}

const isResult = (path: string): boolean => path === 'result.json';

/** The queue, and what of a run its workers have to share. */
interface QueueOptions {
  readonly redis: Redis;
  readonly engine: string;
  readonly backend: string;
  /** The run's directory: what is queued for another is not taken. */
  readonly directory: string;
}

/**
 * {@link RunJobs} by BullMQ's queue in Redis, from which `oxbow worker` on any machine takes jobs. BullMQ gives the job of a lost worker to
 * another one, and has jobs taken again that a worker does not do.
 *
 * A job has the same name for the same run: a second command finds what the first has queued, and a job that Redis has lost is queued
 * again. A result is taken if it has the checksums and the settings that it should have.
 */
export function queueJobs({ redis, engine, backend, directory }: QueueOptions): RunJobs {
  return async (jobs, foldersOf, { workers: _, signal, ...about }, events) => {
    const { config, settings, experiment } = about;
    const { Queue } = await queuePackages();
    const queue = new Queue(QUEUE, { connection: redis });
    queue.on('error', () => {});
    const run = `${hostname()}:${resolve(directory)}`;
    const idOf = (job: Job) => sha256(JSON.stringify([run, settings, job.id])).slice(0, 32);
    const open = new Map([...jobs].sort((a, b) => b.weight - a.weight).map((job) => [idOf(job), job]));
    const losses = new Map<string, number>();
    const watched = watch(queue, events);
    const sayOnce = once((line) => events.noted(line));
    const add = async (id: string, job: Job): Promise<void> => {
      const { cancel, checkpoint } = keysOf(id);
      const folders = foldersOf(job);
      await redis.del(cancel);
      if (existsSync(folders.directory)) {
        await redis.set(checkpoint, await packFolders({ ...folders }), 'EX', KEPT, 'NX');
      }
      const data = { version: version(), engine, backend, experiment, config, settings, job: job.id };
      await queue.add('job', data satisfies QueuedJob, {
        jobId: id,
        // The heaviest first: the lightest have the largest number, which is served last.
        priority: 1 + jobs.filter((other) => other.weight > job.weight).length,
        // Of what a worker does not do, since it lacks something; what fails is not done again.
        attempts: 100_000,
        backoff: 2000,
        stackTraceLimit: 0,
        removeOnComplete: { age: KEPT },
        removeOnFail: { age: KEPT },
      });
    };
    const forget = async (id: string): Promise<void> => {
      await queue.remove(id).catch(() => {});
      await redis.del(Object.values(keysOf(id)));
    };
    const take = async (id: string, job: Job, { seconds, worker }: QueuedResult): Promise<void> => {
      const folders = foldersOf(job);
      try {
        const packed = await redis.getBuffer(keysOf(id).result);
        if (packed === null) throw new Error('Redis has lost it');
        await unpackFolders(packed, { ...folders });
        if (readJobFolder(folders.directory, job, settings) === undefined) throw new Error('it has no result.json');
      } catch (error) {
        if (storageErrorOf(error) !== undefined) return fail(id, job, error as Error);
        await forget(id);
        const count = 1 + (losses.get(id) ?? 0);
        losses.set(id, count);
        const why = `the result that ${worker} has sent cannot be read: ${firstLine((error as Error).message)}`;
        if (count === MOST_LOSSES) return fail(id, job, new Error(why));
        return events.noted(`${job.id}: ${why}; it is queued again`);
      }
      open.delete(id);
      events.finished(job, seconds, worker);
      await forget(id);
    };
    const fail = (id: string, job: Job, error: Error): void => {
      open.delete(id);
      events.failed(job, error);
    };
    const look = async (id: string, job: Job): Promise<void> => {
      const entry = await queue.getJob(id);
      if (entry === undefined) return add(id, job);
      if (entry.finishedOn === undefined) {
        if (entry.failedReason) sayOnce(entry.failedReason);
        return watched.progress(id, job, progressSchema.safeParse(entry.progress).data);
      }
      const { data: result } = resultSchema.safeParse(entry.returnvalue);
      if (result !== undefined) return take(id, job, result);
      if (entry.failedReason === STOPPED) return void (await queue.remove(id));
      fail(id, job, new Error(entry.failedReason || 'its worker sent no result'));
      await forget(id);
    };
    const work = async (): Promise<void> => {
      while (open.size > 0 && !signal.aborted) {
        const begun = performance.now();
        try {
          await watched.workers();
          for (const [id, job] of open) if (!signal.aborted) await look(id, job);
        } catch (error) {
          // What Redis refuses now, for want of memory say, it may take later.
          if ((error as Error).name !== 'ReplyError') throw error;
          sayOnce(`Redis: ${firstLine((error as Error).message)}`);
        }
        if (open.size === 0) break;
        // Of many jobs, a look at all takes a while: the machine is the workers'.
        const pause = Math.max(INTERVAL, 4 * (performance.now() - begun));
        await delay(pause, undefined, { signal }).catch(() => {});
      }
    };
    /** Takes back what waits, has workers stop what they do, and keeps how far they were. What has finished stays for the next command. */
    const stop = async (): Promise<void> => {
      for (const [id, job] of open) {
        const { cancel, checkpoint } = keysOf(id);
        if ((await queue.getJobState(id)) === 'completed') continue;
        await redis.set(cancel, '', 'EX', 60);
        await queue.remove(id).catch(() => {});
        const packed = await redis.getBuffer(checkpoint);
        if (packed !== null) await unpackFolders(packed, { ...foldersOf(job) });
      }
    };
    try {
      // A Redis that is away is not waited for when the run is to stop.
      const stopped = new Promise((done) => signal.addEventListener('abort', done, { once: true }));
      await Promise.race([work(), stopped]);
      await Promise.race([stop(), delay(STOPPING)]);
    } finally {
      await Promise.race([queue.close(), delay(STOPPING)]).catch(() => {});
    }
  };
}

/** Shows what a queue says of workers and jobs. */
function watch(queue: Queue, events: JobEvents) {
  /** Jobs at a time by worker. */
  let there: ReadonlyMap<string, number> | undefined;
  /** How many lines of a job have been said. */
  const lines = new Map<string, number>();
  return {
    /** Says who has come and who has left, and how many jobs they do at a time. */
    async workers(): Promise<void> {
      const found = await queue.getWorkers();
      const names = found.map(({ rawname = '' }) => /^(?:.*:w:)?(.*)\*(\d+)$/.exec(rawname) ?? []);
      const now = new Map(names.flatMap(([, me, jobs]) => (me === undefined ? [] : [[me, Number(jobs)] as const])));
      if (there === undefined && now.size === 0) {
        events.noted('No worker yet: start some with oxbow worker <the same address>');
      }
      for (const [me, jobs] of now) {
        if (!there?.has(me)) events.noted(`Worker ${me} is there, ${plural(jobs, 'job')} at a time`);
      }
      for (const me of there?.keys() ?? []) if (!now.has(me)) events.noted(`Worker ${me} has left`);
      there = now;
    },

    async progress(id: string, job: Job, progress: QueuedProgress | undefined): Promise<void> {
      if (progress === undefined) return;
      const { fraction, state = '', worker } = progress;
      events.progress(job, fraction, `${state} @ ${worker}`.trim());
      const before = lines.get(id) ?? 0;
      const { logs } = await queue.getJobLogs(id, before);
      for (const line of logs) events.said(job, firstLine(line));
      lines.set(id, before + logs.length);
    },
  };
}
