import { setTimeout as delay } from 'node:timers/promises';
import type { Job as Entry, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { fromErrorData } from '../errorData.ts';
import type { Job } from '../experiment.ts';
import { readJobFolder } from '../jobFolder.ts';
import type { JobEvents, RunJobs } from '../pool.ts';
import { storageErrorOf } from '../storageError.ts';
import { version } from '../version.ts';
import { packFolders, unpackFolders } from './packedFolders.ts';
import { CANCELLED, KEPT, keysOf, QUEUE, type QueuedJob, type QueuedProgress, queueId } from './queuedJob.ts';
import { lostWhenStopping, queuePackages, watchConnection } from './redis.ts';
import { readWorkerName } from './workerName.ts';

/** Milliseconds between two looks at the jobs. */
const INTERVAL = 250;

/** Seconds for which workers are told that a job is to stop: longer than any takes to look. */
const CANCEL_KEPT = 60;

/** How long Redis keeps what has ended and nobody fetches. */
const AGE = { removeOnComplete: { age: KEPT }, removeOnFail: { age: KEPT } } as const;

/** The queue, and what of a run its workers have to share. */
export interface QueueOptions {
  readonly redis: Redis;
  readonly engine: string;
  readonly backend: string;
}

/**
 * {@link RunJobs} by a queue in Redis, from which `oxbow worker` on any machine takes jobs.
 *
 * All is found by looking at the queue again and again, and by names that are the same for the same settings: a job that a Redis
 * lost in a restart is queued again, one that finished while nobody looked is fetched, and a second command goes on where the first
 * was stopped. Results are taken only if they have the settings asked for and the checksums that the worker wrote.
 */
export function queueJobs({ redis, engine, backend }: QueueOptions): RunJobs {
  return async (jobs, foldersOf, { signal, experiment, config, settings }, events) => {
    const { Queue } = await queuePackages();
    watchConnection(redis, events.noted);
    const queue = new Queue(QUEUE, { connection: redis, skipVersionCheck: true });
    queue.on('error', () => {});
    // The heaviest first: workers take the first that are there before the others are.
    const heaviest = [...jobs].sort((a, b) => b.weight - a.weight);
    const open = new Map(heaviest.map((job) => [queueId(job, settings), job]));
    const seen = new Seen(events);
    /** Queues a job, tells how far it is, or takes what came of it. */
    const look = async (id: string, job: Job): Promise<void> => {
      const entry = (await queue.getJob(id)) as Entry<QueuedJob> | undefined;
      const state = await entry?.getState();
      if (entry === undefined || state === 'unknown' || isStale(entry, state)) {
        await forget(entry);
        await redis.del(keysOf(id).cancel);
        const data = { version: version(), engine, backend, experiment, config, settings, job };
        // The lightest have the largest number, which is served last.
        await queue.add(experiment, data, { jobId: id, priority: priorityOf(job, jobs), ...AGE });
      } else if (state === 'completed') {
        const packed = await redis.getBuffer(keysOf(id).result);
        // Redis has lost it: it is queued again in the next round.
        if (packed === null) return forget(entry);
        open.delete(id);
        try {
          takeResult(job, packed, foldersOf(job), settings);
          events.finished(job, Number((entry.returnvalue as { seconds?: number } | null)?.seconds ?? 0));
        } catch (error) {
          events.failed(job, error as Error);
          // What cannot be written here stays in Redis, for the command that goes on.
          if (storageErrorOf(error) !== undefined) return;
        }
        await forget(entry);
        await redis.del(...Object.values(keysOf(id)));
      } else if (state === 'failed') {
        await forget(entry);
        open.delete(id);
        events.failed(job, errorOf(entry.failedReason));
      } else {
        seen.tell(entry, job, state === 'active');
      }
    };
    const work = async (): Promise<void> => {
      for (const [id, job] of open) await preserve(redis, id, foldersOf(job));
      while (open.size > 0 && !signal.aborted) {
        seen.workers(await queue.getWorkers());
        // Most of a long run only waits: that is asked for at once, and leaves the machine to the workers.
        const waiting = new Set(await queue.getRanges(['prioritized'], 0, -1));
        for (const [id, job] of open) {
          if (signal.aborted) break;
          if (!waiting.has(id) || seen.hasBegun(id)) await look(id, job);
        }
        await delay(INTERVAL, undefined, { signal }).catch(() => {});
      }
    };
    const workOrStop = async (): Promise<void> => {
      try {
        await work();
      } catch (error) {
        // A connection that ends while the work is stopped is no error of its own.
        if (!signal.aborted) throw error;
      } finally {
        await stop(queue, redis, open, foldersOf).catch(() => {});
        await queue.close().catch(() => {});
      }
    };
    await Promise.race([workOrStop(), lostWhenStopping(redis, signal)]);
  };
}

/** What has been said of progress already. */
class Seen {
  readonly #events: JobEvents;
  readonly #lines = new Map<string, number>();
  readonly #begun = new Set<string>();
  /** Why a worker takes no jobs of the run. */
  readonly #refusals = new Map<string, string>();
  /** Jobs at a time by worker. */
  #workers: ReadonlyMap<string, number> | undefined;

  constructor(events: JobEvents) {
    this.#events = events;
  }

  /** Whether a worker has told how far the job is. */
  hasBegun(id: string): boolean {
    return this.#begun.has(id);
  }

  /** Says who has come and who has left, and how many jobs they do at a time. */
  workers(found: readonly { readonly [key: string]: string }[]): void {
    const now = new Map<string, number>();
    for (const { rawname = '' } of found) {
      const { me, jobs } = readWorkerName(rawname);
      now.set(me, jobs);
    }
    const before = this.#workers ?? new Map<string, number>();
    if (this.#workers === undefined && now.size === 0) {
      this.#events.noted('No worker yet: start some with oxbow worker <the same address>');
    }
    for (const [me, jobs] of now) {
      if (!before.has(me)) this.#events.noted(`Worker ${me} is there, ${jobs} job${jobs === 1 ? '' : 's'} at a time`);
    }
    for (const me of before.keys()) if (!now.has(me)) this.#events.noted(`Worker ${me} has left`);
    this.#workers = now;
    const taking = [...now].filter(([me]) => !this.#refusals.has(me));
    this.#events.workers(taking.reduce((sum, [, jobs]) => sum + jobs, 0));
  }

  /** @param isActive whether a worker has it now */
  tell({ id, progress }: Entry, job: Job, isActive: boolean): void {
    const { fraction = 0, state, lines = [], refusals = {} } = progress as unknown as Partial<QueuedProgress>;
    if (isActive && state !== undefined) this.#begun.add(id!);
    // One that waits has a word only where it was begun before.
    if (this.#begun.has(id!)) this.#events.progress(job, fraction, isActive ? state : 'waits for a worker');
    for (const line of lines.slice(this.#lines.get(id!) ?? 0)) this.#events.said(job, line);
    this.#lines.set(id!, lines.length);
    for (const [worker, why] of Object.entries(refusals)) {
      if (this.#refusals.get(worker) !== why) this.#events.noted(`${worker} takes no jobs of this run: ${why}`);
      this.#refusals.set(worker, why);
    }
  }
}

/** What an earlier run has left of a job and is no answer to this one. */
function isStale(entry: Entry, state: string | undefined): boolean {
  return state === 'failed' && entry.failedReason === CANCELLED;
}

function priorityOf(job: Job, jobs: readonly Job[]): number {
  return 1 + jobs.filter((other) => other.weight > job.weight).length;
}

/** A job that has gone on elsewhere before, here in its folder, goes on from there. */
async function preserve(redis: Redis, id: string, { directory, logs }: { directory: string; logs: string }) {
  const packed = packFolders({ directory, logs });
  if (packed.length > packFolders({}).length + 64) await redis.set(keysOf(id).checkpoint, packed, 'EX', KEPT, 'NX');
}

/** Writes what the worker left, and lets `readJobFolder` judge it. */
function takeResult(
  job: Job,
  packed: Buffer,
  { directory, logs }: { directory: string; logs: string },
  settings: string,
): void {
  unpackFolders(packed, { directory, logs }, 'result.json');
  if (readJobFolder(directory, job, settings) === undefined) throw new Error('its worker left no result');
}

/** The error that the job ended with, as its worker wrote it. */
function errorOf(text: string): Error {
  try {
    return fromErrorData(JSON.parse(text));
  } catch {
    return new Error(text);
  }
}

async function forget(entry: Entry | undefined): Promise<void> {
  // One that a worker holds cannot be removed: it is looked at again.
  await entry?.remove().catch(() => {});
}

/** Takes back what waits, has workers stop what they do, and keeps how far they were. What has finished stays for the next command. */
async function stop(
  queue: Queue,
  redis: Redis,
  open: ReadonlyMap<string, Job>,
  foldersOf: Parameters<RunJobs>[1],
): Promise<void> {
  for (const [id, job] of open) {
    const entry = (await queue.getJob(id)) as Entry | undefined;
    if ((await entry?.getState()) === 'completed') continue;
    await redis.set(keysOf(id).cancel, '1', 'EX', CANCEL_KEPT);
    await forget(entry);
    const packed = await redis.getBuffer(keysOf(id).checkpoint);
    if (packed !== null) unpackFolders(packed, { ...foldersOf(job) });
  }
}
