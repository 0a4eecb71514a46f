import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { fromErrorData } from '../../experiment/errors.ts';
import type { Job, Outcome } from '../../experiment/experiment.ts';
import { plural } from '../../experiment/text.ts';
import type { Audit } from '../audit.ts';
import { version } from '../environment.ts';
import { storageErrorOf } from '../fence.ts';
import { readJobFolder } from '../jobFolder.ts';
import type { Task } from '../performJob.ts';
import type { JobEvents, RunJobs } from '../pool.ts';
import { PackingError, packFolders, packingLimits, unpackFolders } from './packedFolders.ts';
import {
  KEPT,
  keysOf,
  LONGEST_MESSAGE,
  type Message,
  MessageError,
  openMessage,
  openResult,
  QUEUE,
  type QueuedResult,
  queueId,
  type Seal,
  SealError,
  sealJob,
} from './queuedJob.ts';
import {
  addressOf,
  lostWhenStopping,
  oneLine,
  Patience,
  queuePackages,
  readValue,
  readWorkerName,
  refusalOf,
  watchConnection,
} from './redis.ts';

/** Milliseconds between two looks at the jobs. */
const INTERVAL = 250;

/** Seconds for which workers are told that a job is to stop: longer than any takes to look. */
const CANCEL_KEPT = 60;

/** How long Redis keeps what has ended and nobody fetches. */
const AGE = { removeOnComplete: { age: KEPT }, removeOnFail: { age: KEPT } } as const;

/** Characters of an error at most. */
const LONGEST_LINE = 2000;

/** How often a job is queued again after it has ended with nothing that can be believed. */
const MOST_LOSSES = 3;

/** The queue, and what of a run its workers have to share. */
export interface QueueOptions {
  readonly redis: Redis;
  readonly seal: Seal;
  readonly engine: string;
  readonly backend: string;
  /** Stands for the run's directory: what is queued for another is not taken. */
  readonly run: string;
  /** Chooses results and checks them before they are taken. */
  readonly audit?: Audit | undefined;
}

type FoldersOf = Parameters<RunJobs>[1];

/**
 * {@link RunJobs} by a queue in Redis, from which `oxbow worker` on any machine takes jobs.
 *
 * All is found by looking at the queue again and again, and by names that are the same for the same run: a job that a Redis lost in a
 * restart is queued again, one that finished while nobody looked is fetched, and a second command goes on where the first was stopped.
 * Results are taken only if they are sealed for this job of this run, and have the settings asked for and the checksums that the worker
 * wrote; what else lies in their place is removed, and the job is queued again. While Redis refuses what it is asked, all of this waits.
 */
export function queueJobs({ redis, seal, engine, backend, run, audit }: QueueOptions): RunJobs {
  return async (jobs, foldersOf, { workers: _, signal, ...about }, events) => {
    const { config, settings } = about;
    const { Queue } = await queuePackages();
    watchConnection(redis, events.noted);
    if (seal.warning !== undefined) events.noted(seal.warning);
    const patience = new Patience(addressOf(redis), events.noted);
    const halting = new AbortController();
    const halted = AbortSignal.any([signal, halting.signal]);
    const queue = new Queue(QUEUE, { connection: redis, skipVersionCheck: true });
    queue.on('error', () => {});
    // The heaviest first: workers take the first that are there before the others are.
    const heaviest = [...jobs].sort((a, b) => b.weight - a.weight);
    const open = new Map(heaviest.map((job) => [queueId({ run, settings, job: job.id }), job]));
    const seen = new Seen(events);
    /** How often jobs have ended with nothing. */
    const losses = new Map<string, number>();
    const audits = new Map<string, Promise<void>>();
    /** Whether no audit has found something else than what was sent. */
    let trusts = true;
    /** How many results have been taken, by worker. */
    const taken = new Map<string, number>();
    /** What is of no use any more and still in Redis, by the job's name. */
    const leftovers = new Map<string, readonly string[]>();

    const add = async (id: string, job: Job): Promise<void> => {
      const { cancel, progress, refusal, failure, checkpoint } = keysOf(id);
      await redis.del(cancel, progress, refusal, failure);
      const packed = await packIfAny(foldersOf(job));
      if (packed !== undefined) {
        await redis.set(checkpoint, seal.seal('checkpoint', id, packed), 'EX', KEPT, 'NX');
      }
      const { experiment } = about;
      const queued = { version: version(), engine, backend, experiment, config, settings, run, job: job.id };
      const data = sealJob(seal, id, queued);
      // The lightest have the largest number, which is served last.
      await queue.add('job', data, { jobId: id, priority: priorityOf(job, jobs), ...AGE });
    };
    const fail = (id: string, job: Job, error: Error): void => {
      open.delete(id);
      events.failed(job, error);
      // What cannot be written here stays in Redis, for the command that goes on.
      if (storageErrorOf(error) !== undefined) return;
      const { result, progress, failure, refusal } = keysOf(id);
      leftovers.set(id, [result, progress, failure, refusal]);
    };
    /** Has a job done again of which nothing came that can be believed. @param why if there is something to say */
    const lose = async (id: string, job: Job, why?: string): Promise<void> => {
      const { result, failure, refusal } = keysOf(id);
      await redis.del(result, failure, refusal);
      await forget(queue, id);
      const count = 1 + (losses.get(id) ?? 0);
      losses.set(id, count);
      if (count >= MOST_LOSSES) {
        fail(id, job, new Error(`${why ?? 'no worker finishes it'}; so it was ${count} times`));
      } else if (why !== undefined) {
        events.noted(`${job.id}: ${why}; it is queued again`);
      }
    };
    const take = async (id: string, job: Job, result: QueuedResult): Promise<void> => {
      try {
        await unpack(job, result.packed, foldersOf(job), settings);
      } catch (error) {
        return fail(id, job, error as Error);
      }
      open.delete(id);
      const worker = oneLine(result.worker, 100);
      taken.set(worker, 1 + (taken.get(worker) ?? 0));
      events.finished(job, result.seconds, worker);
      leftovers.set(id, Object.values(keysOf(id)));
    };
    const clean = async (): Promise<void> => {
      for (const [id, keys] of leftovers) {
        await forget(queue, id);
        await redis.del(...keys);
        leftovers.delete(id);
      }
    };
    /** {@link take} what is the same here. What is not ends the run. */
    const takeChecked = async (id: string, job: Job, result: QueuedResult): Promise<void> => {
      const worker = oneLine(result.worker, 100);
      const folder = mkdtempSync(join(tmpdir(), 'oxbow-audit-'));
      let problem: string | undefined;
      try {
        const sent = { directory: join(folder, 'job'), logs: join(folder, 'logs') };
        const outcome = await unpack(job, result.packed, sent, settings);
        problem = await audit!.check(outcome, worker, about, halted);
      } catch (error) {
        if (!halted.aborted) fail(id, job, error as Error);
        return;
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
      if (problem === undefined) {
        events.noted(`${job.id}: audited, the same bytes here as from ${worker}`);
        return take(id, job, result);
      }
      fail(id, job, new Error(`the result that ${worker} has sent is not what it gives here: ${problem}`));
      events.noted(
        `The run ends. ${worker} has sent ${taken.get(worker) ?? 0} others that were taken: run.json names them`,
      );
      trusts = false;
      halting.abort();
    };
    /** Takes what came of a job that has ended. */
    const fetch = async (id: string, job: Job): Promise<void> => {
      const { result, failure } = keysOf(id);
      try {
        const sealed = await readValue(redis, result, packingLimits.packed + LONGEST_MESSAGE);
        if (sealed !== undefined) {
          const opened = openResult(seal, id, sealed);
          if (audit?.isChosen(job) !== true) return await take(id, job, opened);
          // Others are taken meanwhile.
          const checked = takeChecked(id, job, opened).catch((error) => {
            if (!halted.aborted) fail(id, job, error as Error);
          });
          audits.set(id, checked);
          return;
        }
        const error = await readValue(redis, failure, LONGEST_MESSAGE);
        if (error !== undefined) {
          const data = openMessage(seal, 'failure', id, error);
          return fail(id, job, fromErrorData({ ...data, message: oneLine(data.message, LONGEST_LINE) }));
        }
        // Stopped by the command before, or lost by Redis, or too often with a worker.
        await lose(id, job);
      } catch (error) {
        if (!isNotBelieved(error)) throw error;
        await lose(id, job, `what was sent of it ${error.message}`);
      }
    };
    /** Tells how far a job is, and why workers do not take it. */
    const tell = async (id: string, job: Job, isActive: boolean): Promise<void> => {
      const { progress, refusal } = keysOf(id);
      try {
        const sealed = await readValue(redis, progress, LONGEST_MESSAGE);
        if (sealed !== undefined) seen.progress(id, job, openMessage(seal, 'progress', id, sealed), isActive);
      } catch (error) {
        if (!isNotBelieved(error)) throw error;
        seen.doubt(error.message, `What a worker says of ${job.id} ${error.message}`);
      }
      if (isActive) return;
      try {
        const sealed = await readValue(redis, refusal, LONGEST_MESSAGE);
        if (sealed === undefined) return;
        const refused = openMessage(seal, 'refusal', id, sealed);
        if (!refused.isForged) return seen.refusal(refused);
        await lose(id, job, `${oneLine(refused.worker, 100)} does not take it, ${oneLine(refused.why)}`);
      } catch (error) {
        if (!isNotBelieved(error)) throw error;
        seen.doubt(error.message, `A worker does not take ${job.id}. What it says ${error.message}`);
      }
    };
    /** Queues a job, tells how far it is, or takes what came of it. */
    const look = async (id: string, job: Job): Promise<void> => {
      const state = await queue.getJobState(id);
      if (state === 'completed' || state === 'failed') return fetch(id, job);
      if (state !== 'unknown') return tell(id, job, state === 'active');
      // What is no job of the queue may bear its name.
      await forget(queue, id);
      await add(id, job);
    };
    /** Does something of a round. What Redis refuses is done in the next one: what else is done now may be what it waits for. */
    const attempt = async (action: () => Promise<unknown>): Promise<boolean> => {
      try {
        await action();
        return true;
      } catch (error) {
        if (patience.refused(error)) return false;
        throw error;
      }
    };
    const round = async (): Promise<void> => {
      // Workers may wait for a Redis that takes nothing while nothing else is written here.
      const takes = await attempt(() => redis.set(`oxbow:probe:${run}`, run, 'PX', INTERVAL));
      const results = [takes, await attempt(clean), await attempt(async () => seen.workers(await queue.getWorkers()))];
      // Most of a long run only waits: that is asked for at once, and leaves the machine to the workers.
      let waiting = new Set(open.keys());
      const lists = await attempt(async () => {
        waiting = new Set(await queue.getRanges(['prioritized'], 0, -1));
      });
      results.push(lists);
      for (const [id, job] of open) {
        if (halted.aborted) return;
        if (audits.has(id) || (waiting.has(id) && !seen.hasBegun(id))) continue;
        results.push(await attempt(() => look(id, job)));
      }
      if (results.every(Boolean)) patience.accepted();
    };
    const work = async (): Promise<void> => {
      while (open.size + leftovers.size > 0 && !halted.aborted) {
        await round();
        if (open.size + leftovers.size > 0) await delay(INTERVAL, undefined, { signal: halted }).catch(() => {});
      }
    };
    const workOrStop = async (): Promise<void> => {
      try {
        await work();
      } catch (error) {
        // A connection that ends while the work is stopped is no error of its own.
        if (!halted.aborted) throw error;
      } finally {
        halting.abort();
        await Promise.all(audits.values());
        await audit?.close();
        await clean().catch(() => {});
        await stop({ queue, redis, seal, say: events.noted, trusts }, open, foldersOf).catch(() => {});
        await queue.close().catch(() => {});
      }
    };
    await Promise.race([workOrStop(), lostWhenStopping(redis, signal)]);
  };
}

function isNotBelieved(error: unknown): error is Error {
  return error instanceof SealError || error instanceof MessageError;
}

function priorityOf(job: Job, jobs: readonly Job[]): number {
  return 1 + jobs.filter((other) => other.weight > job.weight).length;
}

/** What a job has left that has gone on elsewhere before, here in its folder: it goes on from there, if that is not too large to send. */
async function packIfAny({ directory, logs }: Pick<Task, 'directory' | 'logs'>): Promise<Buffer | undefined> {
  if (!existsSync(directory) && !existsSync(logs)) return undefined;
  try {
    const packed = await packFolders({ directory, logs });
    return packed.equals(await packFolders({})) ? undefined : packed;
  } catch (error) {
    if (error instanceof PackingError) return undefined;
    throw error;
  }
}

/** Writes what the worker left, and lets `readJobFolder` judge it. */
async function unpack(
  job: Job,
  packed: Uint8Array,
  { directory, logs }: Pick<Task, 'directory' | 'logs'>,
  settings: string,
): Promise<Outcome> {
  await unpackFolders(packed, { directory, logs }, 'result.json');
  const outcome = readJobFolder(directory, job, settings);
  if (outcome === undefined) throw new Error('its worker left no result');
  return outcome;
}

async function forget(queue: Queue, id: string): Promise<void> {
  // One that a worker holds cannot be removed: it is looked at again.
  await queue.remove(id).catch((error) => {
    if (refusalOf(error) !== undefined) throw error;
  });
}

interface Stopping {
  readonly queue: Queue;
  readonly redis: Redis;
  readonly seal: Seal;
  readonly say: (line: string) => void;
  /** Whether what workers have left in Redis may be taken. */
  readonly trusts: boolean;
}

/** Takes back what waits, has workers stop what they do, and keeps how far they were. What has finished stays for the next command. */
async function stop(
  { queue, redis, seal, say, trusts }: Stopping,
  open: ReadonlyMap<string, Job>,
  foldersOf: FoldersOf,
): Promise<void> {
  for (const [id, job] of open) {
    if (trusts && (await queue.getJobState(id)) === 'completed') continue;
    const { cancel, checkpoint, result } = keysOf(id);
    if (!trusts) await redis.del(result, checkpoint);
    await redis.set(cancel, seal.seal('cancel', id, ''), 'EX', CANCEL_KEPT);
    await forget(queue, id);
    try {
      const sealed = await readValue(redis, checkpoint, packingLimits.packed + LONGEST_MESSAGE);
      if (sealed !== undefined) await unpackFolders(seal.open('checkpoint', id, sealed), { ...foldersOf(job) });
    } catch (error) {
      if (!isNotBelieved(error) && !(error instanceof PackingError)) throw error;
      say(`${job.id}: begins anew, its checkpoint ${error.message}`);
    }
  }
}

/** Shows what a queue says of workers and jobs: each line once, and whatever it is, as one line of some length. */
class Seen {
  readonly #events: JobEvents;
  /** How many lines of a job have been said. */
  readonly #lines = new Map<string, number>();
  readonly #begun = new Set<string>();
  /** Why a worker takes no jobs of the run. */
  readonly #refusals = new Map<string, string>();
  readonly #doubts = new Set<string>();
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
      now.set(oneLine(me, 100), jobs);
    }
    const before = this.#workers ?? new Map<string, number>();
    if (this.#workers === undefined && now.size === 0) {
      this.#events.noted('No worker yet: start some with oxbow worker <the same address>');
    }
    for (const [me, jobs] of now) {
      if (!before.has(me)) this.#events.noted(`Worker ${me} is there, ${plural(jobs, 'job')} at a time`);
    }
    for (const me of before.keys()) if (!now.has(me)) this.#events.noted(`Worker ${me} has left`);
    this.#workers = now;
    const taking = [...now].filter(([me]) => !this.#refusals.has(me));
    this.#events.workers(taking.reduce((sum, [, jobs]) => sum + jobs, 0));
  }

  /** @param isActive whether a worker has it now */
  progress(
    id: string,
    job: Job,
    { fraction, state, worker, lines, before }: Message<'progress'>,
    isActive: boolean,
  ): void {
    if (isActive) this.#begun.add(id);
    // One that waits has a word only where it was begun before.
    if (this.#begun.has(id)) {
      const words = `${oneLine(state ?? '', 200)} @ ${oneLine(worker, 100)}`.trim();
      this.#events.progress(job, fraction, isActive ? words : 'waits for a worker');
    }
    const said = this.#lines.get(id) ?? 0;
    for (const line of lines.slice(Math.max(0, said - before))) this.#events.said(job, oneLine(line));
    this.#lines.set(id, Math.max(said, before + lines.length));
  }

  refusal({ worker, why }: Message<'refusal'>): void {
    const [me, reason] = [oneLine(worker, 100), oneLine(why)];
    if (this.#refusals.get(me) !== reason) this.#events.noted(`${me} takes no jobs of this run: ${reason}`);
    this.#refusals.set(me, reason);
  }

  /** Says what somebody has written who may be anybody, once for each reason not to believe it. */
  doubt(why: string, line: string): void {
    if (!this.#doubts.has(why)) this.#events.noted(line);
    this.#doubts.add(why);
  }
}
