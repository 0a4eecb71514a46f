import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job as Entry } from 'bullmq';
import type { Redis } from 'ioredis';
import { checkConfig } from '../../experiment/config.ts';
import { InputError, toErrorData } from '../../experiment/errors.ts';
import type { AnyExperiment, Job, Registry, Runtime } from '../../experiment/experiment.ts';
import { selectRuntime } from '../../experiment/selectRuntime.ts';
import { plural, printable } from '../../experiment/text.ts';
import { type AllowedCode, refusedCode } from '../../train/allowedCode.ts';
import { version } from '../environment.ts';
import { storageErrorOf } from '../fence.ts';
import { loadExperiment } from '../loadExperiment.ts';
import { JobProcess } from '../pool.ts';
import { type Folders, PackingError, packFolders, packingLimits, unpackFolders } from './packedFolders.ts';
import {
  KEPT,
  keysOf,
  LONGEST_MESSAGE,
  type Message,
  MessageError,
  openJob,
  openMessage,
  openResult,
  QUEUE,
  type QueuedJob,
  type Seal,
  SealError,
  sealMessage,
  sealResult,
} from './queuedJob.ts';
import {
  addressOf,
  connectRedis,
  lostWhenStopping,
  oneLine,
  Patience,
  queuePackages,
  readValue,
  refusalOf,
  watchConnection,
  workerName,
} from './redis.ts';

/** Milliseconds between two words of a worker about a job. */
const INTERVAL = 1000;

/** Milliseconds for which a job stays with a worker that says nothing, and between two looks for such jobs. */
const [LOCK, STALLED] = [15_000, 5_000];

/** Milliseconds after which a job that a worker has refused may be taken again. */
const REFUSED = 2000;

/** Seconds for which Redis keeps why. */
const REFUSAL_KEPT = 60;

/** How often a job may be lost with its worker: the job itself may be what ends them. */
const MOST_LOSSES = 100;

/** The last lines that a job has printed and that its command is told. */
const MOST_LINES = 200;

/** Reasons not to take a job that are said once. */
const MOST_REASONS = 1000;

export interface ServeOptions {
  /** Jobs at a time. */
  readonly workers: number;
  readonly seal: Seal;
  /** Which code of others jobs may run: what they name allows nothing. */
  readonly allowed: AllowedCode;
  /** Aborts when the worker is to stop. */
  readonly signal: AbortSignal;
  readonly stdout: NodeJS.WriteStream;
}

/**
 * Takes jobs from the queue in a Redis and does them, each in a process of its own, until `signal` aborts. What it has begun then goes
 * back to the queue, with its last checkpoint.
 *
 * A job is read only where its seal is verified, and done only where version, engine and backend are those of its run. While Redis takes
 * nothing, results are kept until it does.
 * @throws InputError if the Redis cannot be used
 */
export async function serveQueue(
  url: string,
  registry: Registry,
  { workers, seal, allowed, signal, stdout }: ServeOptions,
): Promise<void> {
  const say = (line: string) => void stdout.write(`${printable(oneLine(line))}\n`);
  const { Worker } = await queuePackages();
  const redis = await connectRedis('worker', url);
  watchConnection(redis, say);
  const patience = new Patience(addressOf(redis), say);
  const me = `${hostname()}:${process.pid}`;
  const processes = Array.from({ length: workers }, () => new JobProcess());
  let broken: Error | undefined;
  const breaking = new AbortController();
  const stopping = AbortSignal.any([signal, breaking.signal]);
  const onBroken = (error: Error) => {
    broken ??= error;
    breaking.abort();
  };
  const reasons = new Set<string>();
  const refused = (why: string) => {
    if (reasons.size >= MOST_REASONS) reasons.clear();
    if (!reasons.has(why)) say(`Worker ${me} takes no jobs of a run: ${why}`);
    reasons.add(why);
  };
  const errors = new Set<string>();
  const onRefusal = (error: Error) => {
    // The connection says itself when it is lost, and a job that another worker has now is done by both.
    if (error.name !== 'ReplyError') return;
    if (refusalOf(error) === undefined) {
      const { message } = toErrorData(error);
      if (!errors.has(message)) say(`Redis: ${message}`);
      errors.add(message);
    } else if (!worker.isPaused()) {
      // It would ask for jobs again and again, without a pause.
      const probe = () => redis.set(`oxbow:probe:${me}`, me, 'PX', 1000);
      void worker
        .pause(true)
        .then(() => patience.until(probe, stopping))
        .then(() => worker.resume())
        .catch(() => {});
    }
  };
  const host: Host = {
    ...{ me, redis, seal, patience, registry, allowed, signal: stopping },
    ...{ refused, onBroken, onRefusal, say },
  };
  const doEntry = async (entry: Entry, token?: string) => {
    const process = processes.pop()!;
    try {
      await work(host, { entry, token: token!, process });
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
  worker.on('error', onRefusal);
  const warning = seal.warning === undefined ? '' : ` ${seal.warning}.`;
  say(`Worker ${me}: oxbow ${version()}, ${plural(workers, 'job')} at a time.${warning} Ctrl-C stops it.`);
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

/** What all jobs of a worker share. */
interface Host {
  readonly me: string;
  readonly redis: Redis;
  readonly seal: Seal;
  readonly patience: Patience;
  readonly registry: Registry;
  readonly allowed: AllowedCode;
  readonly signal: AbortSignal;
  /** Says why a job is not taken. */
  readonly refused: (why: string) => void;
  /** Takes the error after which nothing more can be written here. */
  readonly onBroken: (error: Error) => void;
  /** Takes what Redis has said in place of doing what it was asked. */
  readonly onRefusal: (error: Error) => void;
  readonly say: (line: string) => void;
}

/** A job that the queue has given to this worker, and the process that is to do it. */
interface Given {
  readonly entry: Entry;
  readonly token: string;
  readonly process: JobProcess;
}

/** A job that may be done here. */
interface Taken {
  readonly experiment: AnyExperiment;
  readonly queued: QueuedJob;
  readonly job: Job;
}

/** Why this worker does not take a job, which another one may. */
class Refusal extends Error {
  /** @param isForged whether the job is not what its command has queued */
  constructor(
    why: string,
    readonly isForged = false,
  ) {
    super(why);
  }
}

/** Does a job that the queue has given to this worker, or says why not. */
async function work(host: Host, given: Given): Promise<void> {
  const { me, redis, seal, patience, signal, refused } = host;
  const { entry, token } = given;
  const { DelayedError } = await queuePackages();
  const id = entry.id!;
  let taken: Taken;
  try {
    taken = await take(host, id, entry.data);
  } catch (error) {
    // The command has tried the same out: what cannot be had is missing here.
    if (error instanceof MessageError)
      throw await failed(host, id, new Error(`what was queued of it ${error.message}`));
    if (!(error instanceof Refusal || error instanceof InputError)) throw await failed(host, id, error);
    const why = oneLine(error.message);
    refused(why);
    const refusal = { worker: me, why, isForged: error instanceof Refusal && error.isForged };
    const sealed = sealMessage(seal, 'refusal', id, refusal);
    await patience.until(() => redis.set(keysOf(id).refusal, sealed, 'EX', REFUSAL_KEPT), signal);
    await patience.until(() => entry.moveToDelayed(Date.now() + REFUSED, token), signal);
    throw new DelayedError();
  }
  await perform(host, given, taken);
}

/**
 * The job of a message: verified, read, of this version, engine and backend, one that its settings have, and that runs no code of others
 * but what is allowed. Each step comes before what the next one needs is parsed or imported.
 * @throws Refusal; InputError; MessageError if it was signed and makes no sense
 */
async function take({ registry, seal, allowed }: Host, id: string, data: unknown): Promise<Taken> {
  const opened = verified(seal, id, data);
  if (opened.version !== version()) throw new Refusal(`it has oxbow ${version()}, the run ${opened.version}`);
  const queued = opened.read();
  const { config } = queued;
  if ('engine' in config) requireSame(queued, await selectRuntime(config as Parameters<typeof selectRuntime>[0]));
  const notAllowed = refusedCode(queued.experiment, config, allowed);
  if (notAllowed !== undefined) throw new Refusal(notAllowed);
  const experiment = await loadExperiment(registry, queued.experiment, config, allowed);
  checkConfig(experiment, config, 'a job');
  const job = experiment.jobs(config).find(({ id }) => id === queued.job);
  if (job === undefined) throw new MessageError(`is of no job of its settings: ${queued.job}`);
  requireSame(queued, await experiment.runtime(config));
  return { experiment, queued, job };
}

function verified(seal: Seal, id: string, data: unknown): ReturnType<typeof openJob> {
  try {
    return openJob(seal, id, data);
  } catch (error) {
    if (error instanceof SealError) throw new Refusal(`a job ${error.message}`, true);
    throw error;
  }
}

/** @throws Refusal if the result would not be that of the run */
function requireSame({ engine, backend }: QueuedJob, here: Runtime): void {
  if (engine !== here.engine) {
    const why = engine === 'auto' ? ` (${here.lines[0]})` : '';
    throw new Refusal(`it has the engine ${here.engine}, the run ${engine}${why}`);
  }
  if (backend !== here.backend) throw new Refusal(`it has the backend ${here.backend}, the run ${backend}`);
}

/** Leaves the error for the command. @returns what ends the job in the queue */
async function failed({ redis, seal, patience, signal }: Host, id: string, error: unknown): Promise<Error> {
  const { UnrecoverableError } = await queuePackages();
  const sealed = sealMessage(seal, 'failure', id, { ...toErrorData(error) });
  await patience.until(() => redis.set(keysOf(id).failure, sealed, 'EX', KEPT), signal);
  return new UnrecoverableError('failed');
}

async function perform(host: Host, { entry, token, process }: Given, taken: Taken): Promise<void> {
  const { me, redis, seal, patience, registry, allowed, signal, onBroken, onRefusal, say } = host;
  const { experiment, queued, job } = taken;
  const { UnrecoverableError, WaitingError } = await queuePackages();
  const id = entry.id!;
  const keys = keysOf(id);
  const longest = packingLimits.packed + LONGEST_MESSAGE;
  /** Whether another worker has done it. */
  const isDone = async (): Promise<boolean> => {
    if ((await redis.strlen(keys.result).catch(() => 1)) === 0) return false;
    const sealed = await believed(async () => openResult(seal, id, (await readValue(redis, keys.result, longest))!));
    if (sealed === undefined) await redis.del(keys.result);
    return sealed !== undefined;
  };
  const isCancelled = async (): Promise<boolean> => {
    const sealed = await believed(() => readValue(redis, keys.cancel, LONGEST_MESSAGE));
    return sealed !== undefined && (await believed(() => seal.open('cancel', id, sealed))) !== undefined;
  };
  const giveBack = async (): Promise<Error> => {
    await entry.moveToWait(token);
    return new WaitingError();
  };
  const stopped = async (): Promise<Error> => {
    await redis.del(keys.cancel);
    say(`${job.id}: its run was stopped`);
    return new UnrecoverableError('stopped');
  };
  let folder: string | undefined;
  const [stopping, overtaken] = [new AbortController(), new AbortController()];
  const halted = AbortSignal.any([signal, stopping.signal, overtaken.signal]);
  const before = await believed(async () => {
    const sealed = await readValue(redis, keys.progress, LONGEST_MESSAGE);
    return sealed === undefined ? undefined : openMessage(seal, 'progress', id, sealed);
  });
  let [fraction, state, ended] = [0, before?.state, undefined as Error | number | undefined];
  const lines = new LastLines(before?.lines ?? [], before?.before ?? 0);
  let [told, saved] = ['', 0];
  /** Keeps the checkpoint in Redis, if there is a new one. */
  const save = async (folders: Folders): Promise<void> => {
    const time = experiment.resumable ? checkpointTime(folders.directory!) : 0;
    if (time <= saved) return;
    try {
      const sealed = seal.seal('checkpoint', id, await packFolders(folders));
      await redis.set(keys.checkpoint, sealed, 'EX', KEPT);
      saved = time;
    } catch (error) {
      if (!(error instanceof PackingError)) throw error;
      saved = Number.POSITIVE_INFINITY;
      const line = `has no checkpoint in the queue, and begins anew if its worker ends: it ${error.message}`;
      say(`${job.id}: ${line}`);
      lines.add(line);
    }
  };
  /** Looks whether the job is to stop, says how far it is, and keeps its checkpoint. */
  const attend = async (folders: Folders): Promise<void> => {
    if (await isCancelled()) stopping.abort();
    if (await isDone()) overtaken.abort();
    if (patience.isWaiting) return;
    const progress = { fraction, ...(state !== undefined && { state }), worker: me, ...lines.message };
    const text = JSON.stringify(progress);
    if (text !== told) await redis.set(keys.progress, sealMessage(seal, 'progress', id, progress), 'EX', KEPT);
    told = text;
    await save(folders);
  };
  // One at a time, and none that waits for a lost Redis keeps the job from going on.
  let attending: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    // Done by a worker that had lost it meanwhile, to this one or to none: either may finish it, with the same bytes.
    if (await isDone()) return;
    folder = mkdtempSync(join(tmpdir(), 'oxbow-worker-'));
    const folders = { directory: join(folder, 'job'), logs: join(folder, 'logs') };
    if (experiment.resumable) await restore(host, id, job, folders);
    say(`${job.id}: begun`);
    timer = setInterval(() => {
      attending ??= attend(folders)
        .catch(onRefusal)
        .finally(() => {
          attending = undefined;
        });
    }, INTERVAL);
    const events = {
      progress(_: Job, share: number, words?: string) {
        fraction = share;
        state = words ?? state;
      },
      said: (_: Job, line: string) => lines.add(line),
    };
    const { experiment: name, config, settings } = queued;
    const task = { registryUrl: registry.url, experiment: name, config, allowed, settings, job, ...folders };
    try {
      ended = await process.perform(task, events, halted);
    } catch (error) {
      if (!halted.aborted) ended = error as Error;
    }
    if (typeof ended === 'number') {
      const packed = await packFolders(folders).catch((error: Error) => {
        throw error instanceof PackingError ? new Error(`its result ${error.message}`) : error;
      });
      const sealed = sealResult(seal, id, { seconds: ended, worker: me, packed });
      // Attended to meanwhile: its run may be stopped, or another worker be faster.
      await patience.until(() => redis.set(keys.result, sealed, 'EX', KEPT), halted);
      say(`${job.id}: done`);
      return;
    }
    clearInterval(timer);
    await attending;
    if (overtaken.signal.aborted) return say(`${job.id}: another worker has done it`);
    if (ended !== undefined) throw ended;
    if (stopping.signal.aborted) throw await stopped();
    await save(folders);
    throw await giveBack();
  } catch (error) {
    if (error instanceof WaitingError || error instanceof UnrecoverableError) throw error;
    const full = storageErrorOf(error);
    if (full !== undefined) {
      onBroken(full);
      throw await giveBack();
    }
    if (stopping.signal.aborted) throw await stopped();
    if (overtaken.signal.aborted) return say(`${job.id}: another worker has done it`);
    // What Redis has refused until this worker was stopped.
    if (refusalOf(error) !== undefined) throw await giveBack();
    say(`${job.id}: failed: ${(error as Error).message}`);
    throw await failed(host, id, error);
  } finally {
    clearInterval(timer);
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** The last lines that a job has printed. */
class LastLines {
  #lines: string[];
  #before: number;

  constructor(lines: readonly string[], before: number) {
    this.#lines = [...lines];
    this.#before = before;
  }

  add(line: string): void {
    this.#lines.push(oneLine(line));
    if (this.#lines.length <= MOST_LINES) return;
    this.#lines.shift();
    this.#before++;
  }

  get message(): Pick<Message<'progress'>, 'lines' | 'before'> {
    return { lines: this.#lines, before: this.#before };
  }
}

/** Goes on from a job's checkpoint in Redis, if there is one that can be believed. */
async function restore({ redis, seal, say }: Host, id: string, job: Job, folders: Folders): Promise<void> {
  try {
    const sealed = await readValue(redis, keysOf(id).checkpoint, packingLimits.packed + LONGEST_MESSAGE);
    if (sealed !== undefined) await unpackFolders(seal.open('checkpoint', id, sealed), folders);
  } catch (error) {
    if (!(error instanceof SealError || error instanceof MessageError || error instanceof PackingError)) throw error;
    say(`${job.id}: begins anew, its checkpoint ${error.message}`);
  }
}

/** What opening a message gives, undefined if it cannot be believed or read. */
async function believed<T>(open: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof SealError || error instanceof MessageError) return undefined;
    throw error;
  }
}

/** When a job has last written its checkpoint, 0 if it has not. */
function checkpointTime(directory: string): number {
  return statSync(join(directory, 'checkpoint'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
