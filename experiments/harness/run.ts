import { EXIT } from './exit.ts';
import type { Job, Outcome } from './experiment.ts';
import { InputError } from './inputError.ts';
import { runJobs } from './pool.ts';
import { progressDisplay } from './progress.ts';
import type { AnyExperiment, Registry } from './registry.ts';
import { textTable } from './report/table.ts';
import { writeReport } from './report/writeReport.ts';
import { type RunConfig, RunDirectory, type Session } from './runDirectory.ts';
import { summarize } from './summarize.ts';
import { version } from './version.ts';
import { writeJson } from './writeFile.ts';

/** Where a run writes and how. */
export interface RunOptions {
  readonly out: string;
  readonly workers: number;
  /** Aborts when the run is to stop. */
  readonly signal: AbortSignal;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** Milliseconds between two writes of the metrics of a run in progress. */
const METRICS_INTERVAL = 10_000;

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
  { out, workers, signal, stdout, stderr }: RunOptions,
): Promise<number> {
  const jobs = experiment.jobs(config);
  checkJobs(experiment, jobs);
  const { engine, backend, lines } = await experiment.runtime();
  const directory = RunDirectory.start(out, {
    experiment: experiment.name,
    config,
    seeds: config.seeds,
    engine,
    backend,
    versions: { oxbow: version(), node: process.versions.node },
  });

  const outcomes = new Map<string, Outcome>();
  for (const job of jobs) {
    const outcome = directory.outcome(job);
    if (outcome !== undefined) outcomes.set(job.id, outcome);
  }
  const waiting = jobs.filter((job) => !outcomes.has(job.id));
  for (const job of waiting) directory.clearJob(job);

  for (const line of lines) stdout.write(`${line}\n`);
  if (outcomes.size > 0) {
    stdout.write(`Continuing ${directory.path}: ${outcomes.size} of ${jobs.length} jobs have finished before.\n`);
  }
  if (waiting.length > 0) {
    const processes = Math.min(workers, waiting.length);
    stdout.write(
      `${plural(waiting.length, 'job')} in ${plural(processes, 'worker process')}, results in ${directory.path}\n`,
    );
  }

  const inOrder = () => jobs.map((job) => outcomes.get(job.id)).filter((outcome) => outcome !== undefined);
  const started = new Date();
  const seconds: Record<string, number> = {};
  const failures: Record<string, string> = {};
  const display = progressDisplay(waiting, workers, stdout);
  const onAbort = () => display.log('Stopping: what has finished is kept. Ctrl-C again quits at once.');
  signal.addEventListener('abort', onAbort, { once: true });
  let metricsWritten = performance.now();
  try {
    await runJobs(
      waiting,
      (job) => directory.jobPath(job),
      { workers, signal, registryUrl: registry.url, experiment: experiment.name, config },
      {
        progress: (job, fraction) => display.update(job, fraction),
        finished: (job, took) => {
          display.end(job);
          seconds[job.id] = took;
          outcomes.set(job.id, directory.outcome(job)!);
          if (performance.now() - metricsWritten < METRICS_INTERVAL) return;
          directory.writeMetrics(inOrder());
          metricsWritten = performance.now();
        },
        failed: (job, error) => {
          display.end(job);
          failures[job.id] = error.stack ?? error.message;
          display.log(`Job ${job.id} failed: ${firstLine(error.message)}`);
        },
      },
    );
  } finally {
    display.close();
    signal.removeEventListener('abort', onAbort);
  }

  const finished = inOrder();
  const session: Session = {
    started: started.toISOString(),
    seconds: (Date.now() - started.getTime()) / 1000,
    workers,
    interrupted: signal.aborted,
    jobs: seconds,
    failures,
  };
  directory.addSession(session);
  const report = await writeResults(experiment, directory, jobs, finished, stdout);

  const failed = Object.keys(failures).length;
  if (finished.length < jobs.length) {
    stdout.write(
      `${signal.aborted ? 'Stopped' : 'Not complete'}: ${finished.length} of ${jobs.length} jobs have finished. ` +
        `To continue, run the same command with --out ${directory.path}\n`,
    );
  }
  if (failed > 0) {
    const [id, first] = Object.entries(failures)[0]!;
    const more = failed === 1 ? '' : ` (and ${failed - 1} more)`;
    stderr.write(`oxbow: job ${id} failed${more}: ${firstLine(first).replace(/^Error: /, '')}; see run.json\n`);
  }
  stdout.write(`Report: ${report}\n`);
  if (signal.aborted && finished.length < jobs.length) return EXIT.interrupted;
  return failed > 0 ? EXIT.failed : EXIT.ok;
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
  writeJson(`${directory.path}/summary.json`, {
    experiment: experiment.name,
    engine,
    backend,
    seeds,
    ...partial,
    results,
  });
  const tables = experiment.tables(results, config).filter(({ rows }) => rows.length > 0);
  for (const table of tables) stdout.write(`\n${textTable(table)}\n`);
  if (tables.length > 0) stdout.write('\n');
  return writeReport(experiment, directory, { jobs, outcomes, results, tables });
}

function checkJobs(experiment: AnyExperiment, jobs: readonly Job[]): void {
  if (jobs.length === 0) {
    throw new InputError(`${experiment.name}: the chosen studies, policies and environments have no job in common`);
  }
  const seen = new Set<string>();
  for (const { id, study, env, policy, seed } of jobs) {
    for (const key of [id, JSON.stringify([study, env, policy, seed])]) {
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
