import { availableParallelism } from 'node:os';
import { fingerprint } from '../../src/fingerprint.ts';
import type { Conclusion } from './conclusion.ts';
import { EXIT } from './exit.ts';
import type { Job, Outcome } from './experiment.ts';
import { InputError } from './inputError.ts';
import { type RunJobs, runJobs } from './pool.ts';
import { formatDuration, progressDisplay } from './progress.ts';
import type { AnyExperiment, Registry } from './registry.ts';
import { verdictTable } from './report/conclusionTables.ts';
import { textTable } from './report/table.ts';
import { writeReport } from './report/writeReport.ts';
import { type RunConfig, RunDirectory } from './runDirectory.ts';
import { storageErrorOf } from './storageError.ts';
import { summarize } from './summarize.ts';
import { mapValues } from './tuning/mapValues.ts';
import { version } from './version.ts';
import { writeCompactJson, writeJson } from './writeFile.ts';

/** Where a run writes and how. */
export interface RunOptions {
  /** By default a new directory below `runs`. */
  readonly out: string | undefined;
  /** Whether `oxbow resume` goes on with a run; it is what continues it again. */
  readonly resumes?: boolean;
  readonly workers: number;
  /** The address of a Redis whose workers do the jobs, in place of processes of this command. */
  readonly queue?: string | undefined;
  /** Aborts when the run is to stop. */
  readonly signal: AbortSignal;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** Milliseconds between two writes of the metrics of a run in progress. */
const METRICS_INTERVAL = 10_000;

/** What has come of the jobs so far. */
interface Progress {
  readonly outcomes: Map<string, Outcome>;
  /** Seconds by job. */
  readonly seconds: Record<string, number>;
  /** Errors by job. */
  readonly failures: Record<string, string>;
  /** Whether the user can mend each of the errors. */
  badInput: boolean;
  /** Why nothing more can be stored: the run stops then. */
  broken?: Error;
}

/**
 * Does the jobs of an experiment that have not been done, writes the run directory, and prints the tables and the report's
 * path.
 *
 * @returns the exit code.
 * @throws InputError before anything is written.
 */
export async function runExperiment(
  experiment: AnyExperiment,
  config: RunConfig['config'],
  registry: Registry,
  options: RunOptions,
): Promise<number> {
  const { out, signal, stdout, stderr } = options;
  const jobs = experiment.jobs(config);
  checkJobs(experiment, jobs);
  const { engine, backend, lines } = await experiment.runtime(config);
  if (signal.aborted) return EXIT.interrupted;
  const queue = await openQueue(options.queue, { engine, backend });
  const progress: Progress = { outcomes: new Map(), seconds: {}, failures: {}, badInput: true };
  const breaking = new AbortController();
  const onBroken = (error: Error) => {
    progress.broken ??= error;
    breaking.abort();
  };
  let directory: RunDirectory | undefined;
  try {
    directory = await RunDirectory.start(
      out,
      {
        experiment: experiment.name,
        config,
        seeds: config.seeds,
        engine,
        backend,
        versions: { oxbow: version(), node: process.versions.node },
      },
      {
        wait: (line) => stderr.write(`${line}\n`),
        lost: () => onBroken(new Error('the directory was removed, or taken by another command')),
      },
    );
    for (const job of jobs) {
      const outcome = directory.outcome(job);
      if (outcome !== undefined) progress.outcomes.set(job.id, outcome);
    }
    for (const line of lines) stdout.write(`${line}\n`);
    const started = new Date();
    await doJobs(
      {
        experiment,
        config,
        registry,
        directory,
        jobs,
        progress,
        onBroken,
        breaking: breaking.signal,
        run: queue?.run ?? runJobs,
      },
      options,
    );
    return await conclude({ experiment, directory, jobs, progress, onBroken, started }, options);
  } finally {
    await directory?.release();
    queue?.close();
  }
}

/** The queue at an address, if one is given: what does jobs in place of {@link runJobs}. @throws InputError if it cannot be used */
async function openQueue(
  url: string | undefined,
  about: { engine: string; backend: string },
): Promise<{ run: RunJobs; close: () => void } | undefined> {
  if (url === undefined) return undefined;
  const [{ connectRedis }, { queueJobs }] = await Promise.all([
    import('./queue/redis.ts'),
    import('./queue/queueJobs.ts'),
  ]);
  const redis = await connectRedis('--queue', url);
  return { run: queueJobs({ redis, ...about }), close: () => redis.disconnect() };
}

/** How long jobs take whose weights are seconds, if nothing else keeps the machine busy. */
async function duration(jobs: readonly Job[], workers: number): Promise<string> {
  const { coreSpeed } = await import('./coreSpeed.ts');
  const weights = jobs.map(({ weight }) => weight);
  const seconds = weights.reduce((sum, weight) => sum + weight, 0) / Math.min(workers, availableParallelism());
  return formatDuration(Math.max(seconds, ...weights) / coreSpeed());
}

/** Does the jobs that have no outcome. */
async function doJobs(
  {
    experiment,
    config,
    registry,
    directory,
    jobs,
    progress,
    onBroken,
    breaking,
    run,
  }: {
    experiment: AnyExperiment;
    config: RunConfig['config'];
    registry: Registry;
    directory: RunDirectory;
    jobs: readonly Job[];
    progress: Progress;
    onBroken: (error: Error) => void;
    breaking: AbortSignal;
    run: RunJobs;
  },
  { workers, queue, signal, stdout }: RunOptions,
): Promise<void> {
  const { outcomes, seconds, failures } = progress;
  const waiting = jobs.filter((job) => !outcomes.has(job.id));
  const clear = (job: Job) => {
    if (!experiment.resumable) directory.clearJob(job);
  };
  waiting.forEach(clear);
  if (outcomes.size > 0) {
    stdout.write(`Continuing ${directory.path}: ${outcomes.size} of ${jobs.length} jobs have finished before.\n`);
  }
  if (waiting.length > 0) {
    const where = queue !== undefined ? 'the queue' : plural(Math.min(workers, waiting.length), 'worker process');
    const long = queue === undefined && experiment.timed ? `, about ${await duration(waiting, workers)}` : '';
    stdout.write(`${plural(waiting.length, 'job')} in ${where}${long}, results in ${directory.path}\n`);
  }
  const display = progressDisplay(waiting, stdout);
  const onAbort = () => display.log('Stopping: what has finished is kept. Ctrl-C again quits at once.');
  signal.addEventListener('abort', onAbort, { once: true });
  let metricsWritten = performance.now();
  try {
    await run(
      waiting,
      (job) => ({ directory: directory.jobPath(job), logs: directory.logPath(job) }),
      {
        workers,
        signal: AbortSignal.any([signal, breaking]),
        registryUrl: registry.url,
        experiment: experiment.name,
        config,
        settings: directory.settings,
      },
      {
        workers: (count) => display.workers(count),
        progress: (job, fraction, state) => display.update(job, fraction, state),
        said: (job, line) => display.log(`${job.id}: ${line}`),
        noted: (line) => display.log(line),
        finished: (job, took) => {
          outcomes.set(job.id, directory.outcome(job)!);
          seconds[job.id] = took;
          display.end(job, 'finished');
          if (performance.now() - metricsWritten < METRICS_INTERVAL) return;
          directory.writeMetrics(inOrder(jobs, outcomes));
          metricsWritten = performance.now();
        },
        failed: (job, error) => {
          const full = storageErrorOf(error);
          if (full !== undefined) return onBroken(full);
          const isInput = error.name === 'InputError';
          failures[job.id] = (isInput ? undefined : error.stack) ?? error.message;
          progress.badInput &&= isInput;
          display.end(job, 'failed');
          display.log(`Job ${job.id} failed: ${firstLine(error.message)}`);
        },
      },
    );
  } finally {
    display.close();
    signal.removeEventListener('abort', onAbort);
  }
  for (const job of waiting) {
    if (!outcomes.has(job.id) && failures[job.id] === undefined) clear(job);
  }
}

/** Writes what is derived from the outcomes and says how the run has ended. */
async function conclude(
  {
    experiment,
    directory,
    jobs,
    progress,
    onBroken,
    started,
  }: {
    experiment: AnyExperiment;
    directory: RunDirectory;
    jobs: readonly Job[];
    progress: Progress;
    onBroken: (error: Error) => void;
    started: Date;
  },
  { resumes = false, workers, signal, stdout, stderr }: RunOptions,
): Promise<number> {
  const { outcomes, seconds, failures } = progress;
  const finished = inOrder(jobs, outcomes);
  let report: string | undefined;
  try {
    directory.addSession({
      started: started.toISOString(),
      seconds: (Date.now() - started.getTime()) / 1000,
      workers,
      interrupted: signal.aborted,
      jobs: seconds,
      failures,
    });
    report = await writeResults(experiment, directory, jobs, finished, stdout);
  } catch (error) {
    const full = storageErrorOf(error);
    if (full === undefined) throw error;
    onBroken(full);
  }
  const count = `${finished.length} of ${jobs.length} jobs have finished`;
  const again = resumes ? `oxbow resume ${directory.path}` : `the same command with --out ${directory.path}`;
  const advice = `To continue, run ${again}`;
  if (progress.broken !== undefined) {
    stderr.write(
      `oxbow: cannot write ${directory.path}: ${firstLine(progress.broken.message)}; ${count} and are kept. ${advice}\n`,
    );
    return EXIT.failed;
  }
  if (finished.length < jobs.length) {
    stdout.write(`${signal.aborted ? 'Stopped' : 'Not complete'}: ${count}. ${advice}\n`);
  }
  const failed = Object.keys(failures).length;
  if (failed > 0) {
    const [id, first] = Object.entries(failures)[0]!;
    const more = failed === 1 ? '' : ` (and ${failed - 1} more)`;
    stderr.write(`oxbow: job ${id} failed${more}: ${firstLine(first).replace(/^\w*Error: /, '')}; see run.json\n`);
  }
  stdout.write(`Report: ${report}\n`);
  if (signal.aborted && finished.length < jobs.length) return EXIT.interrupted;
  if (failed === 0) return EXIT.ok;
  return progress.badInput ? EXIT.badInput : EXIT.failed;
}

/** The outcomes in the order of the jobs. */
function inOrder(jobs: readonly Job[], outcomes: ReadonlyMap<string, Outcome>): Outcome[] {
  return jobs.map((job) => outcomes.get(job.id)).filter((outcome) => outcome !== undefined);
}

/** Writes metrics, summary and report of the finished jobs, prints the tables, and returns the report's path. */
export async function writeResults(
  experiment: AnyExperiment,
  directory: RunDirectory,
  jobs: readonly Job[],
  outcomes: readonly Outcome[],
  stdout: NodeJS.WriteStream,
): Promise<string> {
  const { config, seeds, engine, backend } = directory.run;
  directory.writeMetrics(outcomes);
  const results = summarize(jobs, outcomes, seeds);
  const partial = outcomes.length < jobs.length ? { partial: true, finished: outcomes.length, jobs: jobs.length } : {};
  const parts = outcomes.map((outcome) => [outcome.job.id, outcome.fingerprint]);
  const experiments = experiment.conclusions?.(outcomes, results, config);
  const whole = outcomes.length < jobs.length ? undefined : fingerprint({ results, jobs: Object.fromEntries(parts) });
  writeJson(`${directory.path}/summary.json`, {
    experiment: experiment.name,
    engine,
    backend,
    seeds,
    ...partial,
    ...(whole && { fingerprint: whole }),
    ...(experiments && { experiments: mapValues(experiments, written) }),
    results,
  });
  const files = outcomes.length < jobs.length ? {} : (experiment.files?.(results, config) ?? {});
  for (const [name, content] of Object.entries(files)) writeCompactJson(`${directory.path}/${name}`, content);
  const tables = experiment.tables(results, config).filter(({ rows }) => rows.length > 0);
  const clocked = experiment.clocked?.(
    outcomes.map(({ job }) => ({ job, logs: directory.logPath(job) })),
    config,
  );
  const printed = [...tables, ...(experiments ? [verdictTable(experiments)] : []), ...(clocked ?? [])];
  for (const table of printed) stdout.write(`\n${textTable(table)}\n`);
  if (printed.length > 0) stdout.write('\n');
  if (whole !== undefined) stdout.write(`Fingerprint: ${whole}\n`);
  return writeReport(experiment, directory, { jobs, outcomes, results, experiments, tables, fingerprint: whole });
}

/** A conclusion as the summary has it. */
function written({ question, prediction, measured, verdict }: Conclusion): object {
  return { question, prediction, measured: measured.join('; ') || 'nothing yet', verdict };
}

function checkJobs(experiment: AnyExperiment, jobs: readonly Job[]): void {
  if (jobs.length === 0) {
    throw new InputError(`${experiment.name}: the chosen studies, policies and environments have no job in common`);
  }
  const seen = new Set<string>();
  for (const { id, study, env, condition, policy, seed } of jobs) {
    for (const key of [id, JSON.stringify([study, env, condition, policy, seed])]) {
      if (seen.has(key)) throw new Error(`${experiment.name}.jobs: two jobs are ${key}`);
      seen.add(key);
    }
    if (id.split('/').some((part) => !/^[\w-][\w.-]*$/.test(part))) {
      throw new Error(
        `${experiment.name}.jobs: '${id}' is no id, expected names of letters, digits, '.', '_', '-' joined by '/'`,
      );
    }
  }
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : noun.endsWith('s') ? 'es' : 's'}`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}
