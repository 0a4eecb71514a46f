import { extname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Job } from './experiment.ts';
import type { Ending, Progress, Task, WorkerData } from './worker.ts';

/** The file that runs this code decides: TypeScript in the repository, JavaScript in the package. */
const extension = extname(fileURLToPath(import.meta.url));

/** Seconds that jobs get to stop in, before their threads are ended. */
const STOP_GRACE = 10;

/** What {@link runJobs} says while it works. */
export interface JobEvents {
  progress(job: Job, fraction: number): void;
  finished(job: Job, seconds: number): void;
  failed(job: Job, error: Error): void;
}

/**
 * Does the jobs in worker threads, the heaviest first, and returns when all have ended. When `signal` aborts, waiting jobs
 * are dropped and running ones are told to stop.
 */
export async function runJobs(
  jobs: readonly Job[],
  pathOf: (job: Job) => string,
  { workers, signal, ...data }: Omit<WorkerData, 'stop'> & { workers: number; signal: AbortSignal },
  events: JobEvents,
): Promise<void> {
  if (jobs.length === 0) return;
  const stop = new SharedArrayBuffer(4);
  const threads = Math.min(workers, jobs.length);
  const pool = new Piscina({
    filename: fileURLToPath(new URL(`./worker${extension}`, import.meta.url)),
    execArgv: workerArguments(data.registryUrl),
    minThreads: threads,
    maxThreads: threads,
    workerData: { ...data, stop } satisfies WorkerData,
  });
  // A thread that breaks between jobs; the pool starts another.
  pool.on('error', () => {});
  const pending = new Map(jobs.map((job) => [job.id, job]));
  pool.on('message', ({ job: id, fraction }: Progress) => {
    // A job's last message may come after its end.
    const job = pending.get(id);
    if (job !== undefined) events.progress(job, fraction);
  });

  const heaviestFirst = [...jobs].sort((a, b) => b.weight - a.weight);
  const endings = heaviestFirst.map(async (job) => {
    try {
      const ending: Ending = await pool.run({ job, directory: pathOf(job) } satisfies Task);
      pending.delete(job.id);
      if (ending.status === 'finished') events.finished(job, ending.seconds);
    } catch (error) {
      pending.delete(job.id);
      if (!signal.aborted) events.failed(job, error as Error);
      // Threads that cannot even start are not replaced: the waiting jobs must not wait for ever.
      if (pool.threads.length === 0) await pool.destroy();
    }
  });
  const aborted = new Promise<void>((resolve) => {
    const onAbort = async () => {
      Atomics.store(new Int32Array(stop), 0, 1);
      await delay(STOP_GRACE * 1000, undefined, { ref: false });
      resolve();
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  await Promise.race([Promise.all(endings), aborted]);
  await pool.destroy();
}

/**
 * What lets a worker thread import a registry in TypeScript: on Node 20, tsx's own entry does so in the main thread alone. Its full
 * address is given since a bare name would be looked up in the folder of the caller. Without tsx, workers get what the main thread
 * was started with.
 */
function workerArguments(registryUrl: string): string[] {
  if (!/\.[cm]?ts$/.test(new URL(registryUrl).pathname)) return [];
  try {
    const api = import.meta.resolve('tsx/esm/api');
    return ['--import', `data:text/javascript,${encodeURIComponent(`import { register } from '${api}'; register();`)}`];
  } catch {
    return process.execArgv;
  }
}
