import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job as Entry } from 'bullmq';
import { type AllowedCode, refusedCode } from '../../training/allowedCode.ts';
import { toErrorData } from '../errorData.ts';
import type { Job } from '../experiment.ts';
import { InputError } from '../inputError.ts';
import { loadExperiment } from '../loadExperiment.ts';
import { JobProcess } from '../pool.ts';
import type { Registry } from '../registry.ts';
import { storageErrorOf } from '../storageError.ts';
import { version } from '../version.ts';
import { type Folders, packFolders, unpackFolders } from './packedFolders.ts';
import { CANCELLED, KEPT, keysOf, QUEUE, type QueuedJob, type QueuedProgress, queuedJobSchema } from './queuedJob.ts';
import { connectRedis, lostWhenStopping, queuePackages, watchConnection } from './redis.ts';
import { workerName } from './workerName.ts';

/** Milliseconds between two words of a worker about a job. */
const INTERVAL = 1000;

/** Milliseconds for which a job stays with a worker that says nothing, and between two looks for such jobs. */
const [LOCK, STALLED] = [15_000, 5_000];

/** Milliseconds after which a job that a worker has refused may be taken again. */
const REFUSED = 2000;

/** How often a job may be lost with its worker: the job itself may be what ends them. */
const MOST_LOSSES = 100;

export interface ServeOptions {
  /** Jobs at a time. */
  readonly workers: number;
  /** Which code of others jobs may run: what they name allows nothing. */
  readonly allowed: AllowedCode;
  /** Aborts when the worker is to stop. */
  readonly signal: AbortSignal;
  readonly stdout: NodeJS.WriteStream;
}

/**
 * Takes jobs from the queue in a Redis and does them, each in a process of its own, until `signal` aborts. What it has begun then goes
 * back to the queue, with its last checkpoint.
 * @throws InputError if the Redis cannot be used
 */
export async function serveQueue(
  url: string,
  registry: Registry,
  { workers, allowed, signal, stdout }: ServeOptions,
): Promise<void> {
  const say = (line: string) => void stdout.write(`${line}\n`);
  const { Worker } = await queuePackages();
  const redis = await connectRedis('worker', url);
  watchConnection(redis, say);
  const me = `${hostname()}:${process.pid}`;
  const processes = Array.from({ length: workers }, () => new JobProcess());
  let broken: Error | undefined;
  const breaking = new AbortController();
  const stopping = AbortSignal.any([signal, breaking.signal]);
  const onBroken = (error: Error) => {
    broken ??= error;
    breaking.abort();
  };
  const doEntry = async (entry: Entry, token?: string) => {
    const process = processes.pop()!;
    try {
      return await work({
        entry,
        token: token!,
        process,
        me,
        redis,
        registry,
        allowed,
        signal: stopping,
        onBroken,
        say,
      });
    } finally {
      processes.push(process);
    }
  };
  const connection = redis.duplicate({ lazyConnect: false });
  connection.on('error', () => {});
  const worker = new Worker(QUEUE, doEntry, {
    connection,
    name: workerName(me, workers),
    concurrency: workers,
    lockDuration: LOCK,
    stalledInterval: STALLED,
    maxStalledCount: MOST_LOSSES,
    skipVersionCheck: true,
  });
  // The connection says itself when it is lost.
  worker.on('error', () => {});
  say(`Worker ${me}: oxbow ${version()}, ${workers} job${workers === 1 ? '' : 's'} at a time. Ctrl-C stops it.`);
  await new Promise<void>((resolve) => {
    if (stopping.aborted) resolve();
    stopping.addEventListener('abort', () => resolve(), { once: true });
  });
  if (broken === undefined) say('Stopping: what was begun goes back to the queue. Ctrl-C again quits at once.');
  const lost = lostWhenStopping(redis, stopping);
  await Promise.race([worker.close(), lost]);
  await Promise.all(processes.map((process) => process.end()));
  connection.disconnect();
  redis.disconnect();
  if (broken !== undefined) {
    throw new InputError(`cannot write ${tmpdir()}: ${broken.message}; what was begun goes back to the queue`);
  }
}

interface Work {
  readonly entry: Entry;
  readonly token: string;
  readonly process: JobProcess;
  readonly me: string;
  readonly redis: Awaited<ReturnType<typeof connectRedis>>;
  readonly registry: Registry;
  readonly allowed: AllowedCode;
  readonly signal: AbortSignal;
  /** Takes the error after which nothing more can be written here. */
  readonly onBroken: (error: Error) => void;
  readonly say: (line: string) => void;
}

async function work({
  entry,
  token,
  process,
  me,
  redis,
  registry,
  allowed,
  signal,
  onBroken,
  say,
}: Work): Promise<{ seconds: number }> {
  const { DelayedError, UnrecoverableError, WaitingError } = await queuePackages();
  const parsed = queuedJobSchema.safeParse(entry.data);
  if (!parsed.success) throw new UnrecoverableError('it is no job of oxbow');
  const { experiment: name, config, settings, job } = parsed.data;
  const before = (entry.progress || {}) as Partial<QueuedProgress>;
  const experiment = await loadExperiment(registry, name, config, allowed);
  const why = refusedCode(name, config, allowed) ?? refusal(parsed.data, await experiment.runtime(config));
  if (why !== undefined) {
    say(`${job.id}: not taken, ${why}`);
    const { fraction = 0, lines = [], refusals = {} } = before;
    await entry.updateProgress({ fraction, lines, refusals: { ...refusals, [me]: why } });
    await entry.moveToDelayed(Date.now() + REFUSED, token);
    throw new DelayedError();
  }
  const keys = keysOf(entry.id!);
  let folder: string | undefined;
  const [stopping, overtaken] = [new AbortController(), new AbortController()];
  const halted = AbortSignal.any([signal, stopping.signal, overtaken.signal]);
  let [fraction, state, ended] = [0, before.state, undefined as Error | number | undefined];
  const lines: string[] = [...(before.lines ?? [])];
  let [told, saved] = ['', 0];
  /** Says how far the job is, keeps its checkpoint, and looks whether it is to stop. */
  const attend = async (folders: Folders): Promise<void> => {
    const progress = { fraction, state: `${state ?? ''} @ ${me}`.trim(), lines, refusals: before.refusals ?? {} };
    if (JSON.stringify(progress) !== told) await entry.updateProgress(progress);
    told = JSON.stringify(progress);
    const time = experiment.resumable ? checkpointTime(folders.directory!) : 0;
    if (time > saved) await redis.set(keys.checkpoint, packFolders(folders), 'EX', KEPT);
    saved = time;
    if ((await redis.exists(keys.cancel)) > 0) stopping.abort();
    if ((await redis.exists(keys.result)) > 0) overtaken.abort();
  };
  // One at a time, and none that waits for a lost Redis keeps the job from going on.
  let attending: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    // Done by a worker that had lost it meanwhile, to this one or to none: either may finish it, with the same bytes.
    if ((await redis.exists(keys.result)) > 0) return { seconds: 0 };
    folder = mkdtempSync(join(tmpdir(), 'oxbow-worker-'));
    const folders = { directory: join(folder, 'job'), logs: join(folder, 'logs') };
    const packed = experiment.resumable ? await redis.getBuffer(keys.checkpoint) : null;
    if (packed !== null) unpackFolders(packed, folders);
    say(`${job.id}: begun`);
    timer = setInterval(() => {
      attending ??= attend(folders)
        .catch(() => {})
        .finally(() => {
          attending = undefined;
        });
    }, INTERVAL);
    const events = {
      progress(_: Job, share: number, words?: string) {
        fraction = share;
        state = words ?? state;
      },
      said: (_: Job, line: string) => void lines.push(line),
    };
    const task = { registryUrl: registry.url, experiment: name, config, allowed, settings, job, ...folders };
    try {
      ended = await process.perform(task, events, halted);
    } catch (error) {
      if (!halted.aborted) ended = error as Error;
    }
    clearInterval(timer);
    await attending;
    if (typeof ended === 'number') {
      await redis.set(keys.result, packFolders(folders), 'EX', KEPT);
      say(`${job.id}: done`);
      return { seconds: ended };
    }
    if (overtaken.signal.aborted) {
      say(`${job.id}: another worker has done it`);
      return { seconds: 0 };
    }
    if (ended !== undefined && storageErrorOf(ended) === undefined) {
      say(`${job.id}: failed: ${ended.message.split('\n', 1)[0]}`);
      throw new UnrecoverableError(JSON.stringify(toErrorData(ended)));
    }
    if (stopping.signal.aborted) {
      await redis.del(keys.cancel);
      say(`${job.id}: its run was stopped`);
      throw new UnrecoverableError(CANCELLED);
    }
    if (ended !== undefined) throw ended;
    if (checkpointTime(folders.directory) > 0) await redis.set(keys.checkpoint, packFolders(folders), 'EX', KEPT);
    await entry.moveToWait(token);
    throw new WaitingError();
  } catch (error) {
    const full = storageErrorOf(error);
    if (full === undefined) throw error;
    onBroken(full);
    await entry.moveToWait(token);
    throw new WaitingError();
  } finally {
    clearInterval(timer);
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** Why this worker must not do the job: its result would not be that of the run. */
function refusal(
  { version: wanted, engine, backend }: QueuedJob,
  here: { engine: string; backend: string },
): string | undefined {
  if (wanted !== version()) return `it has oxbow ${version()}, the run ${wanted}`;
  if (engine !== here.engine) return `it has the engine ${here.engine}, the run ${engine}`;
  if (backend !== here.backend) return `it has the backend ${here.backend}, the run ${backend}`;
  return undefined;
}

/** When a job has last written its checkpoint, 0 if it has not. */
function checkpointTime(directory: string): number {
  return statSync(join(directory, 'checkpoint'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
