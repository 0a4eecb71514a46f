import { InputError } from '../experiment/errors.ts';
import type { AnyExperiment, Job, Registry, RunConfig, Runtime } from '../experiment/experiment.ts';
import { finishedJobs, firstLine, plural, printable } from '../experiment/text.ts';
import { commandLine, withOption, withoutOption } from '../terminal/commandLine.ts';
import { terminalWidth, wrapText } from '../terminal/wrapText.ts';
import type { AllowedCode } from '../train/allowedCode.ts';
import { EXIT, isDescriptorError, RAISE, storageErrorOf, version } from './environment.ts';
import { isPlainPath } from './jobFolder.ts';
import { isLostLock, lostLock } from './lock.ts';
import { type JobEvents, type RunJobs, runJobs } from './pool.ts';
import { ProgressDisplay, RunProgress } from './progress.ts';
import { connectRedis, queueJobs } from './queue.ts';
import { RunDirectory } from './runDirectory.ts';
import { writeResults } from './writeResults.ts';

/** Where a run writes and how. */
export interface RunOptions {
  /** By default a new directory below `runs`. */
  readonly out: string | undefined;
  /** What `oxbow` was called with: hints repeat it. */
  readonly argv?: readonly string[] | undefined;
  readonly workers: number;
  /** Which code of others the jobs may run. */
  readonly allowed: AllowedCode;
  /** The address of a Redis whose workers do the jobs, in place of processes of this command. */
  readonly queue?: string | undefined;
  /** Which jobs this command does: of `count` shares the one at `index`, from 0 on; all jobs unless given. */
  readonly shard?: { readonly index: number; readonly count: number } | undefined;
  /** Aborts when the run is to stop. */
  readonly signal: AbortSignal;
}

/** Milliseconds between two writes of the metrics of a run in progress. */
const METRICS_INTERVAL = 10_000;

/** A run that has begun. */
interface Run {
  readonly experiment: AnyExperiment;
  readonly config: RunConfig['config'];
  readonly registry: Registry;
  readonly directory: RunDirectory;
  readonly progress: RunProgress;
  readonly options: RunOptions;
}

/**
 * Does the jobs of an experiment that have not been done, writes the run directory, prints what came of them, and returns the exit code.
 * @throws InputError before anything is written
 */
export async function runExperiment(
  experiment: AnyExperiment,
  given: RunConfig['config'],
  registry: Registry,
  options: RunOptions,
): Promise<number> {
  const { out, shard, signal } = options;
  const { stdout } = process;
  const jobs = experiment.jobs(given);
  checkJobs(experiment, jobs);
  if (shard !== undefined && experiment.due !== undefined) {
    throw new InputError(
      `--shard: ${experiment.name} chooses its jobs by what came of others, expected a run without it`,
    );
  }
  const { config, engine, backend, lines } = await runtimeOf(experiment, given, out);
  if (signal.aborted) return EXIT.interrupted;
  const redis =
    options.queue === undefined
      ? undefined
      : await connectRedis('--queue', options.queue, (line) => stdout.write(`${line}\n`));
  const progress = new RunProgress(
    (outcomes) => experiment.due?.(outcomes, config) ?? jobs,
    (_, index) => shard === undefined || index % shard.count === shard.index,
  );
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
      (error) => progress.break(error),
    );
    takeFinished(jobs, directory, progress);
    progress.lookAhead();
    const run = { experiment, config, registry, directory, progress, options };
    const said = [
      ...wrapText(whatRuns(experiment, config, engine), terminalWidth(stdout)),
      ...lines.filter((line) => line !== `engine: ${engine}`),
    ];
    const before = progress.outcomes.length;
    if (before > 0) said.push(`Continuing ${directory.path}: ${finishedJobs(before, progress.jobs.length)} before.`);
    stdout.write(`${said.join('\n')}\n`);
    const started = { date: new Date(), time: performance.now() };
    const jobsOf = redis === undefined ? runJobs : queueJobs({ redis, engine, backend, directory: directory.path });
    do {
      await doJobs(run, jobsOf);
    } while (progress.unfinished.length === 0 && progress.lookAhead());
    const report = await store(run, started);
    return conclude(run, report);
  } finally {
    directory?.release();
    redis?.disconnect();
  }
}

/**
 * What a run computes with. An engine that the settings leave open is the one that the run was begun with.
 * @throws InputError if that one is not here
 */
async function runtimeOf(
  experiment: AnyExperiment,
  config: RunConfig['config'],
  out: string | undefined,
): Promise<Runtime & { config: RunConfig['config'] }> {
  const isAuto = (config as { engine?: unknown }).engine === 'auto';
  const begun = isAuto && out !== undefined ? RunDirectory.begun(out)?.engine : undefined;
  const kept = begun === undefined ? config : ({ ...config, engine: begun } as RunConfig['config']);
  return { ...(await experiment.runtime(kept)), config: kept };
}

/** Does the jobs that have not finished. */
async function doJobs(run: Run, runJobs: RunJobs): Promise<void> {
  const { experiment, config, registry, directory, progress, options } = run;
  const { workers, allowed, queue, signal } = options;
  const { stdout } = process;
  const waiting = progress.unfinished;
  clear(run, waiting);
  if (waiting.length > 0) {
    const where = queue !== undefined ? 'the queue' : plural(Math.min(workers, waiting.length), 'worker process');
    stdout.write(`${plural(waiting.length, 'job')} in ${where}, results in ${directory.path}\n`);
    if (stdout.isTTY) stdout.write('Ctrl-C stops, keeps what has finished, and says how to go on.\n');
  }
  const display = new ProgressDisplay(waiting);
  const onAbort = () => display.log('Stopping: what has finished is kept. Ctrl-C again quits at once.');
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await runJobs(
      waiting,
      (job) => {
        // A job would make it again.
        if (!directory.isHeld) throw lostLock();
        return { directory: directory.jobPath(job), logs: directory.logPath(job) };
      },
      {
        workers,
        signal: AbortSignal.any([signal, progress.breaking]),
        registryUrl: registry.url,
        experiment: experiment.name,
        config,
        allowed,
        settings: directory.settings,
      },
      jobEvents(run, display),
    );
  } finally {
    display.close();
    signal.removeEventListener('abort', onAbort);
  }
  const cutOff = () => progress.unfinished.filter((job) => progress.failures[job.id] === undefined);
  // Those whose workers were ended before they could say that they had finished.
  if (progress.broken === undefined) takeFinished(cutOff(), directory, progress);
  clear(run, cutOff());
}

function takeFinished(jobs: readonly Job[], directory: RunDirectory, progress: RunProgress): void {
  for (const job of jobs) {
    const outcome = directory.outcome(job);
    if (outcome !== undefined) progress.finish(job, outcome);
  }
}

/** Removes what jobs have left that were cut off, unless they go on from there. */
function clear({ experiment, directory }: Run, jobs: readonly Job[]): void {
  if (experiment.resumable) return;
  for (const job of jobs) directory.clearJob(job);
}

/** What runs, in a line: `lake: cloning, soft, blocked; gaussian, mixture, spline; 3 seeds; engine wasm`. */
function whatRuns(
  { name }: AnyExperiment,
  { studies, environments, policies, seeds }: RunConfig['config'],
  engine: string,
): string {
  const named = (list: readonly string[], noun: string) =>
    list.length > 4 ? plural(list.length, noun) : list.join(', ');
  const parts = [
    named(studies, 'study'),
    named(environments, 'environment'),
    named(policies, 'policy'),
    plural(seeds.length, 'seed'),
    `engine ${engine}`,
  ];
  return `${name}: ${parts.join('; ')}`;
}

/** What is left to do when a command has done its share of the jobs. */
function sharedOut({ directory, progress, options: { shard, argv = [] } }: Run): string {
  const count = finishedJobs(progress.outcomes.length, progress.jobs.length);
  const share = `Shard ${shard!.index + 1}/${shard!.count} is done, ${count}`;
  if (progress.outcomes.length === progress.jobs.length) return `${share}.`;
  const whole = commandLine(...withoutOption(withOption(argv, '--out', directory.path), '--shard'));
  return `${share}. Copy what the others have left in their jobs/ into ${directory.path}/jobs/, then:\n  ${whole}`;
}

/** The command that goes on with the run; undefined where it is not known, or may have a password. */
function goOn({ directory, options: { argv } }: Run): string | undefined {
  if (argv === undefined || argv.some((argument) => argument.startsWith('--queue'))) return undefined;
  // It takes the settings as they are.
  return commandLine(...(argv[0] === 'resume' ? argv : withOption(argv, '--out', directory.path)));
}

/** Takes in what comes of the jobs, and shows it. */
function jobEvents({ directory, progress }: Run, display: ProgressDisplay): JobEvents {
  let metricsWritten = performance.now();
  return {
    progress: (job, fraction, state) => display.update(job, fraction, state),
    said: (job, line) => display.log(`${job.id}: ${line}`),
    noted: (line) => display.log(line),
    finished(job, seconds, worker) {
      const outcome = directory.outcome(job);
      if (outcome === undefined) throw lostLock();
      progress.finish(job, outcome);
      progress.seconds[job.id] = seconds;
      if (worker !== undefined) progress.workers[job.id] = worker;
      display.end(job, 'finished');
      if (performance.now() - metricsWritten < METRICS_INTERVAL) return;
      directory.writeMetrics(progress.outcomes);
      metricsWritten = performance.now();
    },
    failed(job, error) {
      if (!directory.isHeld) progress.break(lostLock());
      if (progress.broken !== undefined || !progress.fail(job, error)) return;
      display.end(job, 'failed');
      display.log(`Job ${job.id} failed: ${firstLine(error.message)}`);
    },
  };
}

/** Writes what has been done and prints what came of it. Returns the report's path, undefined where it cannot be written. */
async function store(run: Run, started: { readonly date: Date; readonly time: number }): Promise<string | undefined> {
  const { experiment, directory, progress, options } = run;
  const { workers, signal } = options;
  if (!directory.isHeld) {
    progress.break(lostLock());
    return undefined;
  }
  try {
    directory.addSession({
      started: started.date.toISOString(),
      seconds: (performance.now() - started.time) / 1000,
      workers,
      interrupted: signal.aborted,
      jobs: progress.seconds,
      ...(options.queue !== undefined && { by: progress.workers }),
      failures: progress.failures,
    });
    return await writeResults(experiment, directory, progress.jobs, progress.outcomes);
  } catch (error) {
    const broken = storageErrorOf(error) ?? (directory.isHeld ? undefined : lostLock());
    if (broken === undefined) throw error;
    progress.break(broken);
    return undefined;
  }
}

/** Says how the run has ended, and returns the exit code. */
function conclude(run: Run, report: string | undefined): number {
  const { directory, progress, options } = run;
  const { signal } = options;
  const { stdout, stderr } = process;
  const { jobs, failures, broken } = progress;
  const finished = progress.outcomes.length;
  const count = finishedJobs(finished, jobs.length);
  const again = goOn(run) ?? `the same command with --out ${directory.path}`;
  if (broken !== undefined) {
    const why = `${firstLine(broken.message)}${isDescriptorError(broken) ? `; ${RAISE}` : ''}`;
    const kept = isLostLock(broken)
      ? finishedJobs(finished, jobs.length, true)
      : `${count} and ${jobs.length === 1 ? 'is' : 'are'} kept. To continue: ${again}`;
    stderr.write(printable(`oxbow: cannot write ${directory.path}: ${why}; ${kept}\n`));
    return EXIT.failed;
  }
  if (options.shard !== undefined && progress.unfinished.length === 0) {
    stdout.write(`${sharedOut(run)}\n`);
  } else if (finished < jobs.length) {
    stdout.write(`${signal.aborted ? 'Stopped' : 'Not complete'}: ${count}. To continue:\n  ${again}\n`);
  }
  const failed = Object.keys(failures).length;
  if (failed > 0) {
    const [id, first] = Object.entries(failures)[0]!;
    const more = failed === 1 ? '' : ` (and ${failed - 1} more)`;
    const problem = firstLine(first).replace(/^\w*Error: /, '');
    stderr.write(printable(`oxbow: job ${id} failed${more}: ${problem}; see run.json\n`));
  }
  stdout.write(`Report: ${report}\n`);
  if (signal.aborted && progress.unfinished.length > 0) return EXIT.interrupted;
  if (failed === 0) return EXIT.ok;
  return progress.isBadInput ? EXIT.badInput : EXIT.failed;
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
    if (!isPlainPath(id)) {
      throw new Error(
        `${experiment.name}.jobs: '${id}' is no id, expected names of letters, digits, '.', '_', '-' joined by '/'`,
      );
    }
  }
}
