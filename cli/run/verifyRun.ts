import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../experiment/errors.ts';
import type { AnyExperiment, Job, Outcome, Registry } from '../experiment/experiment.ts';
import { firstLine, plural, trueMinus } from '../experiment/text.ts';
import { EXIT, version } from './environment.ts';
import { readJobFolder } from './jobFolder.ts';
import { runJobs } from './pool.ts';
import { ProgressDisplay } from './progress.ts';
import type { RunOptions } from './run.ts';
import type { RunDirectory } from './runDirectory.ts';

/**
 * Does finished jobs of a stored run again, elsewhere, and says of each whether its bytes agree: metrics, rows, and every file that the
 * job left. The run itself is only read.
 *
 * @param which the jobs to do again, or a share of those that have finished, drawn anew each time; all of them by default
 * @returns the exit code: 0 if all agree, 1 if one does not
 * @throws InputError for a run of another version, engine or backend, whose bytes may rightly differ, or a job that has not finished
 */
export async function verifyRun(
  experiment: AnyExperiment,
  directory: RunDirectory,
  registry: Registry,
  { ids, share = 1 }: { readonly ids: readonly string[]; readonly share?: number | undefined },
  { workers, allowed, signal }: Pick<RunOptions, 'workers' | 'allowed' | 'signal'>,
): Promise<number> {
  const { config, engine, backend, versions } = directory.run;
  const here = await experiment.runtime(config);
  for (const [what, stored, now] of [
    ['version of oxbow', versions.oxbow, version()],
    ['engine', engine, here.engine],
    ['backend', backend, here.backend],
  ] as const) {
    if (stored !== now) throw new InputError(`${directory.path} was made with the ${what} ${stored}, here is ${now}`);
  }
  const jobs = sampleOf(finishedJobs(experiment, directory, ids), share);
  const folder = mkdtempSync(join(tmpdir(), 'oxbow-verify-'));
  /** What differs, by job; undefined where nothing does. */
  const problems = new Map<string, string | undefined>();
  const display = new ProgressDisplay(jobs);
  const say = (job: Job, how: 'finished' | 'failed', problem: string | undefined) => {
    problems.set(job.id, problem);
    display.end(job, how);
    display.log(`${job.id}: ${problem ?? 'the same bytes'}`);
  };
  try {
    await runJobs(
      jobs,
      (job) => ({ directory: join(folder, 'jobs', job.id), logs: join(folder, 'logs', job.id) }),
      {
        workers,
        allowed,
        signal,
        registryUrl: registry.url,
        experiment: experiment.name,
        config,
        settings: directory.settings,
      },
      {
        progress: (job, fraction, state) => display.update(job, fraction, state),
        said: () => {},
        noted: (line) => display.log(line),
        finished: (job) => {
          const anew = readJobFolder(join(folder, 'jobs', job.id), job, directory.settings)!;
          say(job, 'finished', compareOutcomes(directory.outcome(job)!, anew));
        },
        failed: (job, error) => say(job, 'failed', `failed: ${firstLine(error.message)}`),
      },
    );
  } finally {
    display.close();
    rmSync(folder, { recursive: true, force: true });
  }
  if (signal.aborted) return EXIT.interrupted;
  const agreeing = [...problems.values()].filter((problem) => problem === undefined).length;
  process.stdout.write(`${agreeing} of ${plural(jobs.length, 'job')} gave the same bytes again\n`);
  if (agreeing < jobs.length && engine === 'eager') {
    process.stdout.write(
      `Eager tfjs takes functions of the host: where another Node or processor made the run, other bytes prove nothing.\n`,
    );
  }
  return agreeing === jobs.length ? EXIT.ok : EXIT.failed;
}

function finishedJobs(experiment: AnyExperiment, directory: RunDirectory, ids: readonly string[]): Job[] {
  const all = experiment.jobs(directory.run.config);
  for (const id of ids) {
    const job = all.find((candidate) => candidate.id === id);
    if (job === undefined)
      throw new InputError(`--job: got ${id}, expected one of ${directory.path}: ${all[0]!.id}, …`);
    if (directory.outcome(job) === undefined)
      throw new InputError(`--job: ${id} has not finished in ${directory.path}`);
  }
  const jobs = all.filter((job) => (ids.length > 0 ? ids.includes(job.id) : directory.outcome(job) !== undefined));
  if (jobs.length === 0) throw new InputError(`${directory.path} has no finished job`);
  return jobs;
}

/** What differs between two outcomes of one job, in words; undefined if their bytes are the same. */
function compareOutcomes(stored: Outcome, anew: Outcome): string | undefined {
  if (stored.fingerprint === anew.fingerprint) return undefined;
  const names = Object.keys({ ...stored.result.metrics, ...anew.result.metrics }).filter(
    (name) => stored.result.metrics[name] !== anew.result.metrics[name],
  );
  const shown = names.map((name) => `${name} ${stored.result.metrics[name]}, now ${anew.result.metrics[name]}`);
  return `other bytes (${trueMinus(shown.join('; ')) || 'the metrics agree, its files do not'})`;
}

/**
 * A share of some things, at least one of them, drawn without repetition, in their own order. Nobody can tell beforehand which: the
 * numbers are those of the system, and no seed gives them again.
 */
export function sampleOf<T>(all: readonly T[], share: number): T[] {
  const chosen = new Set<number>();
  const count = Math.ceil(share * all.length);
  while (chosen.size < count) chosen.add(randomInt(all.length));
  return all.filter((_, i) => chosen.has(i));
}
