import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job as Entry } from 'bullmq';
import type { Redis } from 'ioredis';
import { checkConfig } from '../experiment/config.ts';
import { InputError, toErrorData } from '../experiment/errors.ts';
import type { AnyExperiment, Registry } from '../experiment/experiment.ts';
import { firstLine, plural, printable } from '../experiment/text.ts';
import { refusedCode } from '../train/allowedCode.ts';
import { storageErrorOf, version } from './environment.ts';
import { loadExperiment } from './loadExperiment.ts';
import type { Task } from './performJob.ts';
import { JobProcess } from './pool.ts';
import {
  connectRedis,
  KEPT,
  keysOf,
  once,
  packFolders,
  QUEUE,
  type QueuedJob,
  type QueuedProgress,
  type QueuedResult,
  queuedJobSchema,
  queuePackages,
  STOPPED,
  unpackFolders,
  workerName,
} from './queue.ts';
import type { RunOptions } from './run.ts';

/** Milliseconds between two words of a worker about a job. */
const INTERVAL = 1000;

/** Milliseconds for which a job stays with a worker that says nothing, and between two looks for such jobs. */
const [LOCK, STALLED] = [15_000, 5_000];

/** How often a job may be lost with its worker: the job itself may be what ends them. */
const MOST_LOSSES = 20;

/** Jobs at a time, which code of others they may run whatever they name, and what aborts when the worker is to stop. */
type ServeOptions = Pick<RunOptions, 'workers' | 'allowed' | 'signal'>;

/** What all jobs of a worker share. */
interface Host extends Pick<ServeOptions, 'allowed' | 'signal'> {
  readonly me: string;
  readonly redis: Redis;
  readonly registry: Registry;
  readonly say: (line: string) => void;
}

/** Why this worker does not do a job, which another one may. */
class Refusal extends Error {
  constructor(worker: string, why: string) {
    super(`Worker ${worker} takes no jobs of a run: ${why}`);
  }
}

/**
 * Takes jobs from the queue in a Redis and does them, each in a process of its own, until `signal` aborts. What it has begun then goes
 * back to the queue, with its last checkpoint. A job is done only where version, engine and backend are those of its run.
 * @throws InputError if the Redis cannot be used, or nothing can be written here
 */
export async function serveQueue(
  url: string,
  registry: Registry,
  { workers, allowed, signal }: ServeOptions,
): Promise<void> {
  const say = (line: string) => void process.stdout.write(`${printable(firstLine(line))}\n`);
  const { Worker, UnrecoverableError } = await queuePackages();
  const redis = await connectRedis('worker', url, say);
  const me = `${hostname()}:${process.pid}`;
  const breaking = new AbortController();
  const stopping = AbortSignal.any([signal, breaking.signal]);
  const host: Host = { me, redis, registry, allowed, signal: stopping, say };
  const processes = Array.from({ length: workers }, () => new JobProcess());
  const sayOnce = once(say);
  const work = async (entry: Entry): Promise<QueuedResult> => {
    const process = processes.pop()!;
    const folder = mkdtempSync(join(tmpdir(), 'oxbow-worker-'));
    try {
      return await perform(host, entry, process, { directory: join(folder, 'job'), logs: join(folder, 'logs') });
    } catch (error) {
      const { message } = error as Error;
      const full = storageErrorOf(error);
      if (full !== undefined) breaking.abort(full);
      // Another worker does what is thrown as it is.
      if (stopping.aborted) throw new Error(`worker ${me} was stopped`);
      if (error instanceof Refusal) sayOnce(message);
      if (error instanceof Refusal || error instanceof UnrecoverableError) throw error;
      say(`${entry.data?.job}: failed: ${message}`);
      throw new UnrecoverableError(message);
    } finally {
      rmSync(folder, { recursive: true, force: true });
      processes.push(process);
    }
  };
  const worker = new Worker(QUEUE, work, {
    connection: redis.duplicate({ lazyConnect: false }),
    name: workerName(me, workers),
    concurrency: workers,
    lockDuration: LOCK,
    stalledInterval: STALLED,
    maxStalledCount: MOST_LOSSES,
  });
  // The connection says itself when it is lost.
  worker.on('error', (error) => error.name === 'ReplyError' && sayOnce(`Redis: ${toErrorData(error).message}`));
  say(`Worker ${me}: oxbow ${version()}, ${plural(workers, 'job')} at a time. Ctrl-C stops it.`);
  if (!stopping.aborted) await new Promise((done) => stopping.addEventListener('abort', done, { once: true }));
  say('Stopping: what was begun goes back to the queue. Ctrl-C again quits at once.');
  await worker.close();
  await Promise.all(processes.map((process) => process.end()));
  redis.disconnect();
  const { reason: broken } = breaking.signal;
  if (broken !== undefined) throw new InputError(`cannot write ${tmpdir()}: ${(broken as Error).message}`);
}

/** Does a job that BullMQ has given to this worker. @throws Refusal if it cannot be done here; what fails in the job */
async function perform(
  host: Host,
  entry: Entry,
  process: JobProcess,
  folders: Pick<Task, 'directory' | 'logs'>,
): Promise<QueuedResult> {
  const { me, redis, registry, allowed, signal, say } = host;
  const { UnrecoverableError } = await queuePackages();
  const queued = readJob(host, entry.data);
  const { experiment: name, config, settings, job: id } = queued;
  const experiment = await experimentOf(host, queued);
  const job = experiment.jobs(config).find((candidate) => candidate.id === id);
  if (job === undefined) throw new Error(`there is no job ${id}`);
  const { result, checkpoint, cancel } = keysOf(entry.id!);
  const stopped = new AbortController();
  let [progress, told, saved] = [{ fraction: 0, worker: me } as QueuedProgress, '', 0];
  /** Keeps the checkpoint in Redis, if there is a new one. */
  const save = async (): Promise<void> => {
    const file = join(folders.directory, 'checkpoint');
    const time = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (experiment.resumable !== true || time <= saved) return;
    saved = time;
    await redis.set(checkpoint, await packFolders({ ...folders }), 'EX', KEPT);
  };
  const attend = async (): Promise<void> => {
    if ((await redis.exists(cancel)) > 0) stopped.abort();
    const text = JSON.stringify(progress);
    if (text !== told) await entry.updateProgress(progress);
    told = text;
    await save();
  };
  const packed = await redis.getBuffer(checkpoint);
  if (packed !== null && experiment.resumable) await unpackFolders(packed, { ...folders });
  say(`${id}: begun`);
  // One at a time: a lost Redis does not keep the job from going on.
  let attending: Promise<void> | undefined;
  const timer = setInterval(() => {
    attending ??= attend()
      .catch((error: Error) => say(`${id}: ${error.message}`))
      .finally(() => {
        attending = undefined;
      });
  }, INTERVAL);
  const events = {
    progress: (_: unknown, fraction: number, state = progress.state) => {
      progress = { fraction, ...(state !== undefined && { state }), worker: me };
    },
    said: (_: unknown, line: string) => void entry.log(line).catch(() => {}),
  };
  try {
    mkdirSync(folders.directory, { recursive: true });
    const task = { registryUrl: registry.url, experiment: name, config, allowed, settings, job, ...folders };
    const seconds = await process.perform(task, events, AbortSignal.any([signal, stopped.signal]));
    clearInterval(timer);
    // A checkpoint behind its result would stay: nobody looks for it.
    await attending;
    await redis.set(result, await packFolders({ ...folders }), 'EX', KEPT);
    say(`${id}: done`);
    return { seconds, worker: me };
  } catch (error) {
    if (stopped.signal.aborted) {
      say(`${id}: ${STOPPED}`);
      throw new UnrecoverableError(STOPPED);
    }
    if (signal.aborted) await save();
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** The job of a message, if it is of this version and runs no code of others but what is allowed. @throws Refusal */
function readJob({ me, allowed }: Host, data: unknown): QueuedJob {
  const of = (data as { version?: unknown } | undefined)?.version;
  if (of !== version()) throw new Refusal(me, `it has oxbow ${version()}, the run ${of}`);
  const queued = queuedJobSchema.parse(data);
  const notAllowed = refusedCode(queued.experiment, queued.config, allowed);
  if (notAllowed !== undefined) throw new Refusal(me, notAllowed);
  return queued;
}

/** Its experiment, if it gives the same here. @throws Refusal */
async function experimentOf(
  { me, registry, allowed }: Host,
  { experiment: name, config, engine, backend }: QueuedJob,
): Promise<AnyExperiment> {
  try {
    const experiment = await loadExperiment(registry, name, config, allowed);
    checkConfig(experiment, config, 'a job');
    const here = await experiment.runtime(config);
    if (here.engine !== engine) throw new InputError(`it has the engine ${here.engine}, the run ${engine}`);
    if (here.backend !== backend) throw new InputError(`it has the backend ${here.backend}, the run ${backend}`);
    return experiment;
  } catch (error) {
    // The command has tried the same out: what cannot be had is missing here.
    throw error instanceof InputError ? new Refusal(me, firstLine(error.message)) : error;
  }
}
