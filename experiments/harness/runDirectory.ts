import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { CommonConfig, Job, JobResult, MetricsRow, Outcome } from './experiment.ts';
import { InputError } from './inputError.ts';
import { jobMetrics, writeMetrics } from './metrics.ts';
import { writeJson } from './writeFile.ts';

/** What `config.json` records. */
export interface RunConfig {
  readonly experiment: string;
  readonly config: CommonConfig;
  readonly seeds: readonly number[];
  readonly engine: string;
  readonly backend: string;
  readonly versions: { readonly oxbow: string; readonly node: string };
}

/** What `run.json` records of each time the command worked on the run: times are here and nowhere else. */
export interface Session {
  readonly started: string;
  readonly seconds: number;
  readonly workers: number;
  readonly interrupted: boolean;
  /** Seconds by job. */
  readonly jobs: Record<string, number>;
  /** Errors by job. */
  readonly failures: Record<string, string>;
}

/** The folder of a run: `config.json`, `jobs/`, `metrics.csv`, `metrics.jsonl`, `summary.json`, `report.html`, `run.json`. */
export class RunDirectory {
  readonly path: string;
  readonly run: RunConfig;

  private constructor(path: string, run: RunConfig) {
    this.path = path;
    this.run = run;
  }

  /**
   * Starts a run in a new or empty directory, or continues the one that is there.
   * @throws InputError if the directory holds something else or cannot be written; nothing is changed then.
   */
  static start(path: string, run: RunConfig): RunDirectory {
    let created: string | undefined;
    try {
      const found = existsSync(path) ? readdirSync(path) : [];
      if (found.length > 0) {
        const old = readRun(path);
        if (old === undefined) {
          throw new InputError(
            `--out: ${path} is not empty and holds no run, expected a new or empty directory or a run`,
          );
        }
        const different = difference(old, run);
        if (different !== undefined) {
          throw new InputError(
            `--out: ${path} holds a run with another ${different}, expected the same or a new directory`,
          );
        }
        return new RunDirectory(path, old);
      }
      for (const directory of missing(path)) {
        mkdirSync(directory);
        created ??= directory;
      }
      writeJson(join(path, 'config.json'), run);
      return new RunDirectory(path, run);
    } catch (error) {
      if (error instanceof InputError) throw error;
      if (created !== undefined) rmSync(created, { recursive: true, force: true });
      throw new InputError(`--out: cannot write ${path}: ${(error as Error).message}`);
    }
  }

  /**
   * Opens a directory that holds a run.
   * @throws InputError if it holds none.
   */
  static open(path: string): RunDirectory {
    const run = readRun(path);
    if (run === undefined) {
      throw new InputError(`${path} holds no run, expected a directory with the config.json of one`);
    }
    return new RunDirectory(path, run);
  }

  /** The job's own folder. */
  jobPath(job: Job): string {
    return join(this.path, 'jobs', job.id);
  }

  /** The outcome of a job if it has finished. */
  outcome<J extends Job>(job: J): Outcome<J> | undefined {
    const directory = this.jobPath(job);
    const result = readJson<JobResult>(join(directory, 'result.json'));
    const rows = readJson<MetricsRow[]>(join(directory, 'metrics.json'));
    return result === undefined || rows === undefined ? undefined : { job, result, rows, directory };
  }

  /** Empties the folder of a job that is to be done again. */
  clearJob(job: Job): void {
    rmSync(this.jobPath(job), { recursive: true, force: true });
  }

  writeMetrics(outcomes: readonly Outcome[]): void {
    writeMetrics(this.path, outcomes.flatMap(jobMetrics));
  }

  /** Adds a session to `run.json`. */
  addSession(session: Session): void {
    const path = join(this.path, 'run.json');
    writeJson(path, { sessions: [...(readJson<{ sessions: Session[] }>(path)?.sessions ?? []), session] });
  }
}

/** The directories that `path` lacks, outermost first. Node's recursive mkdir never returns below /proc. */
function missing(path: string): string[] {
  const directories: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) directories.unshift(at);
  return directories;
}

function readRun(path: string): RunConfig | undefined {
  const run = readJson<RunConfig>(join(path, 'config.json'));
  return typeof run?.experiment === 'string' && typeof run.config === 'object' ? run : undefined;
}

/** What differs between two runs so that their jobs must not be mixed. */
function difference(a: RunConfig, b: RunConfig): string | undefined {
  for (const key of ['experiment', 'engine', 'backend'] as const) {
    if (a[key] !== b[key]) return `${key} (${a[key]}, not ${b[key]})`;
  }
  if (a.versions?.oxbow !== b.versions.oxbow) {
    return `version of oxbow (${a.versions?.oxbow}, not ${b.versions.oxbow})`;
  }
  const [before, after] = [a.config, b.config].map((config) => JSON.parse(JSON.stringify(config)));
  const keys = Object.keys({ ...before, ...after }).filter((key) => !isDeepStrictEqual(before[key], after[key]));
  return keys.length === 0 ? undefined : `config (${keys.join(', ')})`;
}

/** The value of a JSON file, or undefined if there is no such file or it is no JSON. */
function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
