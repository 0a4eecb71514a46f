import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'safe-stable-stringify';
import { z } from 'zod';
import { bitsOf } from '../../src/engine/runtime/engineNames.ts';
import { isTemporary, storedProblem } from '../../src/files.ts';
import { makeFolder, readCheckedJson, sha256, writeCheckedJson } from '../experiment/checkedJson.ts';
import { InputError, orInputError } from '../experiment/errors.ts';
import type { AnyExperiment, CommonConfig, Job, Outcome, RunConfig } from '../experiment/experiment.ts';
import { jobMetrics, writeMetrics } from '../experiment/summarize.ts';
import { ownSettings } from '../report/settings.ts';
import { isPlainPath, readJobFolder } from './jobFolder.ts';
import { isOfLock, type Lock, lockFolder } from './lock.ts';

/** The settings by which a run may grow: jobs are added, and none is another. */
const LISTS = ['seeds', 'studies', 'policies', 'environments'] as const;

const names = z.array(z.string()).min(1);
const runSchema = z
  .strictObject({
    experiment: z.string(),
    config: z.looseObject({ seeds: z.array(z.number()), studies: names, policies: names, environments: names }),
    seeds: z.array(z.number()),
    engine: z.string(),
    backend: z.string(),
    versions: z.strictObject({ oxbow: z.string(), node: z.string() }),
    settings: z.string().optional(),
  })
  .refine(({ seeds, config }) => isDeepStrictEqual(seeds, config.seeds), {
    path: ['seeds'],
    message: 'not those of config.seeds',
  });

/** What `run.json` records of each time the command worked on the run: times are here and nowhere else. */
export interface Session {
  readonly started: string;
  readonly seconds: number;
  readonly workers: number;
  readonly interrupted: boolean;
  /** Seconds by job. */
  readonly jobs: Record<string, number>;
  /** The worker of a queue that has done it, by job. */
  readonly by?: Record<string, string>;
  /** Errors by job. */
  readonly failures: Record<string, string>;
}

/** What a run writes beside `config.json` and its lock. */
const FILES = ['jobs', 'logs', 'metrics.csv', 'metrics.jsonl', 'summary.json', 'report.html', 'run.json'];

/**
 * The folder of a run: `config.json`, `jobs/`, `logs/`, `metrics.csv`, `metrics.jsonl`, `summary.json`, `report.html`, `run.json`. One
 * command at a time holds it, from `start` or `hold` to `release`.
 */
export class RunDirectory {
  readonly path: string;
  readonly run: RunConfig;
  /** Says in a job's result which settings it was done with. */
  readonly settings: string;
  readonly #lock: Lock | undefined;
  readonly #sessions: Session[];

  private constructor(path: string, run: RunConfig, lock?: Lock) {
    this.path = path;
    this.run = run;
    this.#lock = lock;
    this.settings = run.settings ?? settingsKey(run);
    this.#sessions = readSessions(path);
  }

  /**
   * Starts a run in a new or empty directory, or continues the one that is there. It may ask for more seeds, studies, policies and
   * environments than before, and bring the tuned settings of these.
   * @param path by default a new directory `runs/<experiment>-<time>`
   * @throws InputError if the directory holds something else, is damaged, in use, or cannot be written; nothing is changed then
   */
  static async start(
    path: string | undefined,
    run: RunConfig,
    lost: (error: Error) => void = () => {},
  ): Promise<RunDirectory> {
    if (path === '') throw new InputError('--out: got "", expected a directory');
    let created: string | undefined;
    let lock: Lock | undefined;
    try {
      if (path === undefined) path = created = newDirectory(run.experiment);
      else checkDirectory(path, run);
      created ??= makeFolder(path);
      lock = await lockFolder(path, lost);
      const old = checkDirectory(path, run);
      const directory = new RunDirectory(path, old === undefined ? run : continued(old, run), lock);
      if (!isDeepStrictEqual(old, plain(directory.run))) writeCheckedJson(join(path, 'config.json'), directory.run);
      return directory;
    } catch (error) {
      const isOurs = lock?.holds ?? true;
      lock?.release();
      if (error instanceof InputError) throw error;
      if (created !== undefined && isOurs) rmSync(created, { recursive: true, force: true });
      throw new InputError(`--out: cannot write ${path}: ${(error as Error).message}`);
    }
  }

  /**
   * What the run was begun with that a directory holds, undefined if it holds none.
   * @throws InputError if it is damaged
   */
  static begun(path: string): RunConfig | undefined {
    try {
      return existsSync(path) ? readRun(path) : undefined;
    } catch (error) {
      // What is no directory, `start` refuses.
      if (error instanceof InputError) throw error;
      return undefined;
    }
  }

  /**
   * Opens a directory that holds a run, to read it.
   * @throws InputError if it holds none or is damaged
   */
  static open(path: string): RunDirectory {
    if (path === '') throw new InputError('got "", expected a run directory');
    const run = readRun(path);
    if (run === undefined) {
      throw new InputError(`${path} holds no run, expected a directory with the config.json of one`);
    }
    return new RunDirectory(path, run);
  }

  /**
   * Opens a directory that holds a run, to write what is derived from its jobs.
   * @throws InputError if it holds none, is damaged, in use, or cannot be written
   */
  static async hold(path: string): Promise<RunDirectory> {
    const { run } = RunDirectory.open(path);
    return orInputError(async () => new RunDirectory(path, run, await lockFolder(path)), `cannot write ${path}: `);
  }

  /** Whether this command holds the directory, and it is still there. */
  get isHeld(): boolean {
    return this.#lock?.holds ?? false;
  }

  /**
   * The day on which jobs of the run were done last, `2026-11-26`, or on which they were found, where a command was killed behind the last of
   * them; undefined where `run.json` names none.
   */
  get date(): string | undefined {
    const withJobs = this.#sessions.findLast(({ jobs }) => Object.keys(jobs).length > 0);
    return (withJobs ?? this.#sessions.at(-1))?.started.slice(0, 10);
  }

  /** Gives the directory back. */
  release(): void {
    this.#lock?.release();
  }

  /** The job's own folder. */
  jobPath(job: Job): string {
    return this.#below('jobs', job);
  }

  /** A folder for what a job says while it goes on. */
  logPath(job: Job): string {
    return this.#below('logs', job);
  }

  /** @throws InputError if the id, which may come from the settings of a file, is none */
  #below(folder: string, { id }: Job): string {
    if (isPlainPath(id)) return join(this.path, folder, id);
    throw new InputError(
      `${join(this.path, 'config.json')}: got settings with a job '${id}', expected names of letters, digits, '.', '_', '-' joined by '/'`,
    );
  }

  /**
   * The outcome of a job if it has finished.
   * @throws InputError that names the file if one of its folder is damaged
   */
  outcome<J extends Job>(job: J): Outcome<J> | undefined {
    return readJobFolder(this.jobPath(job), job, this.settings);
  }

  /** Removes the folder of a job that has not finished, unless the directory is another's by now. */
  clearJob(job: Job): void {
    const path = this.jobPath(job);
    if (this.isHeld && !existsSync(join(path, 'result.json'))) rmSync(path, { recursive: true, force: true });
  }

  writeMetrics(outcomes: readonly Outcome[]): void {
    writeMetrics(this.path, outcomes.flatMap(jobMetrics));
  }

  /** Adds a session to `run.json`. */
  addSession(session: Session): void {
    this.#sessions.push(session);
    writeCheckedJson(join(this.path, 'run.json'), { sessions: this.#sessions });
  }
}

/** Makes a directory below `runs` that no other command has. */
function newDirectory(experiment: string): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  mkdirSync('runs', { recursive: true });
  for (let copy = 1; ; copy++) {
    const path = `runs/${experiment}-${time}${copy === 1 ? '' : `-${copy}`}`;
    try {
      mkdirSync(path);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** The run that the directory holds, if any. @throws InputError if it holds something else, or what `run` does not continue */
function checkDirectory(path: string, run: RunConfig): RunConfig | undefined {
  if (!existsSync(path)) return undefined;
  const found = readdirSync(path);
  // An experiment may add files of JSON.
  const ours = (name: string) =>
    FILES.includes(name) || isOfLock(name) || isTemporary(name) || (found.includes('jobs') && name.endsWith('.json'));
  const foreign = found.filter((name) => !ours(name));
  const old = readRun(path);
  if (old === undefined) {
    if (foreign.length === 0) return undefined;
    throw new InputError(`--out: ${path} is not empty and holds no run, expected a new or empty directory or a run`);
  }
  const different = difference(old, run);
  if (different === undefined) return old;
  throw new InputError(`--out: ${path} holds a run with ${different}, expected the same, or a new directory`);
}

function readRun(path: string): RunConfig | undefined {
  for (const name of ['config.json', ...FILES]) {
    const problem = storedProblem(join(path, name));
    if (problem !== undefined) throw new InputError(problem);
  }
  return readCheckedJson(
    join(path, 'config.json'),
    runSchema,
    `delete it and repeat the command that made the run, with --out ${path}: the finished jobs are kept`,
  );
}

function readSessions(path: string): Session[] {
  const session = z.looseObject({ started: z.iso.datetime(), jobs: z.record(z.string(), z.number()) });
  const schema = z.strictObject({ sessions: z.array(session) });
  const found = readCheckedJson(join(path, 'run.json'), schema, 'delete it: it holds times alone');
  return (found?.sessions ?? []) as unknown as Session[];
}

/** A key of all that a job's result depends on beside the job. */
function settingsKey({ experiment, config, engine, backend, versions }: RunConfig): string {
  const settings = withoutLists(config);
  if ('engine' in settings) settings.engine = bitsOf(settings.engine);
  return sha256(stringify([experiment, bitsOf(engine), backend, versions.oxbow, settings]));
}

/** A run that goes on: it keeps the versions it was begun with, and the key of its settings. */
function continued(old: RunConfig, run: RunConfig): RunConfig {
  const grown = { ...run, versions: old.versions };
  const key = old.settings ?? settingsKey(old);
  return key === settingsKey(grown) ? grown : { ...grown, settings: key };
}

function withoutLists({ seeds, studies, policies, environments, ...others }: CommonConfig): Record<string, unknown> {
  return others;
}

/** What differs between two runs so that the second does not continue the first. */
function difference(a: RunConfig, b: RunConfig): string | undefined {
  for (const key of ['experiment', 'engine', 'backend'] as const) {
    if (a[key] !== b[key]) return `another ${key} (${a[key]}, not ${b[key]})`;
  }
  if (a.versions.oxbow !== b.versions.oxbow) {
    return `another version of oxbow (${a.versions.oxbow}, not ${b.versions.oxbow})`;
  }
  // Of the tuned settings those of the policies and environments that there were before: no job has used the others.
  const { policies, environments } = a.config;
  const [before, after] = [a, b].map(({ config }) =>
    withoutLists(ownSettings({ ...plain(config), policies, environments })),
  ) as [Record<string, unknown>, Record<string, unknown>];
  const keys = Object.keys({ ...before, ...after }).filter((key) => !isDeepStrictEqual(before[key], after[key]));
  if (keys.length > 0) return `another config (${keys.join(', ')})`;
  const lost = LISTS.flatMap((list) => {
    const gone = (a.config[list] as unknown[]).filter((value) => !(b.config[list] as unknown[]).includes(value));
    return gone.length === 0 ? [] : [`${list} ${gone.join(', ')}`];
  });
  return lost.length > 0 ? `more (${lost.join('; ')})` : undefined;
}

/** As it comes back from JSON. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/**
 * The jobs of a stored run that are to be done, as far as its outcomes say, and those outcomes.
 * @throws InputError if one of them is damaged
 */
export function storedOutcomes(
  experiment: AnyExperiment,
  directory: RunDirectory,
): { readonly jobs: readonly Job[]; readonly outcomes: readonly Outcome[] } {
  const { config } = directory.run;
  const all = experiment.jobs(config);
  const found = all.flatMap((job) => directory.outcome(job) ?? []);
  if (experiment.due === undefined) return { jobs: all, outcomes: found };
  const jobs = experiment.due(found, config);
  const ids = new Set(jobs.map(({ id }) => id));
  return { jobs, outcomes: found.filter(({ job }) => ids.has(job.id)) };
}
