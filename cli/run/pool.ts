import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fromErrorData } from '../experiment/errors.ts';
import type { Job } from '../experiment/experiment.ts';
import { extension, withTypeScript } from './environment.ts';
import type { Task, WorkerData } from './performJob.ts';
import type { Message } from './worker.ts';

/** What {@link runJobs} says while it works. */
export interface JobEvents {
  progress(job: Job, fraction: number, state?: string): void;
  said(job: Job, line: string): void;
  /** About the work as a whole. */
  noted(line: string): void;
  /** @param worker who has done it, if that was another machine's */
  finished(job: Job, seconds: number, worker?: string): void;
  failed(job: Job, error: Error): void;
}

/** Does jobs, and returns when all have ended or `signal` has aborted. */
export type RunJobs = (
  jobs: readonly Job[],
  foldersOf: (job: Job) => Pick<Task, 'directory' | 'logs'>,
  data: WorkerData & { workers: number; signal: AbortSignal },
  events: JobEvents,
) => Promise<void>;

/**
 * Does the jobs in worker processes, the heaviest first, and returns when all have ended. When `signal` aborts, waiting jobs
 * are dropped and the workers are killed: a job whose `result.json` is not there has left nothing that counts.
 */
export const runJobs: RunJobs = async (jobs, foldersOf, { workers, signal, ...data }, events) => {
  const waiting = [...jobs].sort((a, b) => b.weight - a.weight);
  const doJobs = async (): Promise<void> => {
    const worker = new JobProcess();
    for (let job = waiting.shift(); job !== undefined && !signal.aborted; job = waiting.shift()) {
      try {
        const folders = foldersOf(job);
        mkdirSync(folders.directory, { recursive: true });
        const seconds = await worker.perform({ ...data, job, ...folders }, events, signal);
        events.finished(job, seconds);
      } catch (error) {
        if (!signal.aborted) events.failed(job, error as Error);
      }
    }
    await worker.end();
  };
  await Promise.all(Array.from({ length: Math.min(workers, jobs.length) }, doJobs));
};

/** A process that does jobs, one at a time. Not a thread: one that is killed in a native call takes nothing else with it. */
export class JobProcess {
  #worker: { readonly process: ChildProcess; readonly closed: Promise<void> } | undefined;

  /** Does one job, and returns its seconds; killed when `signal` aborts. @throws what the job has thrown, or how its process ended */
  async perform(task: Task, events: Pick<JobEvents, 'progress' | 'said'>, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    if (this.#worker !== undefined && hasEnded(this.#worker.process)) await this.end();
    this.#worker ??= startWorker();
    const { process } = this.#worker;
    const kill = () => void process.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    try {
      return await perform(process, task, events);
    } finally {
      signal.removeEventListener('abort', kill);
      if (!process.connected) await this.end();
    }
  }

  /** Ends the process. */
  async end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    worker?.process.kill('SIGKILL');
    await worker?.closed;
  }
}

/** Whether a process has ended while it waited for its next job: a machine that runs out of memory ends those that do nothing, too. */
function hasEnded({ connected, exitCode, signalCode }: ChildProcess): boolean {
  return !connected || exitCode !== null || signalCode !== null;
}

/** @returns the process, and what resolves when it has ended and its last message has come */
function startWorker() {
  const worker = fork(fileURLToPath(new URL(`./worker${extension}`, import.meta.url)), [], {
    // A session of its own: a terminal's Ctrl-C and hang-up do not reach it.
    detached: true,
    execArgv: loaders(),
    serialization: 'advanced',
  });
  const closed = new Promise<void>((resolve) => {
    worker.once('close', () => resolve());
    // One that could not be started, for want of descriptors or processes, is not closed either.
    worker.on('error', () => worker.pid === undefined && resolve());
  });
  return { process: worker, closed };
}

/** Does one job in the worker. Returns its seconds. */
function perform(
  worker: ChildProcess,
  task: Task,
  { progress, said }: Pick<JobEvents, 'progress' | 'said'>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: Message) => {
      if ('fraction' in message) return progress(task.job, message.fraction, message.state);
      if ('line' in message) return said(task.job, message.line);
      end();
      if ('seconds' in message) resolve(message.seconds);
      else reject(fromErrorData(message.error));
    };
    // After the last message, unlike `exit`.
    const onClose = (code: number | null, signal: string | null) => {
      end();
      reject(
        new Error(signal === null ? `its process exited with code ${code}` : `its process was killed by ${signal}`),
      );
    };
    const onError = (error: Error) => {
      end();
      reject(error);
    };
    const end = () => worker.off('message', onMessage).off('close', onClose).off('error', onError);
    worker.on('message', onMessage).on('close', onClose).on('error', onError);
    if (worker.pid !== undefined) worker.send(task);
  });
}

/** The module loaders of this process, so that a worker reads what it reads: TypeScript under tsx. */
function loaders(): string[] {
  const names = ['--import', '--require', '-r', '--loader', '--experimental-loader'];
  const inherited = process.execArgv.flatMap((argument, i, all) => {
    if (names.includes(argument)) return all.slice(i, i + 2);
    return names.some((name) => argument.startsWith(`${name}=`)) ? [argument] : [];
  });
  return withTypeScript(inherited);
}
