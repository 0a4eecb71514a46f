import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expectedOneOf } from '../../src/options/describe.ts';
import { checkConfig, readableConfig } from '../experiment/config.ts';
import { InputError } from '../experiment/errors.ts';
import {
  type AnyExperiment,
  type CommonConfig,
  plainLabels,
  type Registry,
  type RunConfig,
} from '../experiment/experiment.ts';
import { portablePath } from '../terminal/commandLine.ts';
import { type AllowedCode, NO_CODE, TRAIN, TRAIN_TUNING } from '../train/allowedCode.ts';

/** Where experiments come from: a registry, and the modules that the user has loaded. */
export interface KnownExperiments {
  readonly registry: Registry;
  readonly allowed?: AllowedCode | undefined;
}

type Experiments = Registry['experiments'];

/** The package runs trainings; the studies are in the repository. */
export const registry: Registry = { url: import.meta.url, experiments: {} };

/**
 * The experiment of that name, of the registry or of a module that the user has loaded; for `train` the training that the settings
 * choose, for `train-tuning` the search for its settings.
 * @param config the settings of a run of it: data, of which nothing is imported
 * @param allowed the code beside oxbow's own that its jobs may run, whatever the settings name; who allows a module has imported it
 * @throws InputError if there is no such experiment
 */
export async function loadExperiment(
  studies: Registry,
  name: string,
  config?: CommonConfig,
  allowed: AllowedCode = NO_CODE,
): Promise<AnyExperiment> {
  if (name === TRAIN && config !== undefined) {
    const { trainExperiment } = await import('../train/trainExperiment.ts');
    return trainExperiment(config, allowed);
  }
  if (name === TRAIN_TUNING && config !== undefined) {
    const { trainTuningExperiment } = await import('../tuning/tuneTraining.ts');
    return trainTuningExperiment(config, allowed);
  }
  const loaded = await Promise.all(allowed.load.map(experimentsOf));
  const experiments: Experiments = Object.assign({}, ...loaded, studies.experiments);
  const names = Object.keys(experiments);
  if (!names.includes(name)) throw new InputError(`experiment: got ${name}, ${expected(name, names)}`);
  return experiments[name]!();
}

/** A run directory, as far as it says what it holds. */
interface Stored {
  readonly path: string;
  readonly run: RunConfig;
}

/** The experiment of a stored run, and its settings, which are whole. @throws InputError if they are not */
export async function experimentOf({ path, run: { experiment: name, config } }: Stored, known: KnownExperiments) {
  const experiment = await loadExperiment(known.registry, name, config, known.allowed);
  checkConfig(experiment, config, join(path, 'config.json'));
  return { experiment, config };
}

/** {@link experimentOf} with the jobs, for who reads what they have left: of a run of another oxbow, too; see {@link readableConfig}. */
export async function readableJobs(
  { path, run: { experiment: name, config } }: Stored,
  known: KnownExperiments,
  say?: (line: string) => void,
) {
  const experiment = await loadExperiment(known.registry, name, config, known.allowed);
  return { experiment, jobs: experiment.jobs(readableConfig(experiment, config, join(path, 'config.json'), say)) };
}

function expected(name: string, names: readonly string[]): string {
  if (name === TRAIN) return 'a training is begun by "oxbow train"';
  const module = 'a file that exports an experiment (oxbow run my-study.ts, elsewhere --load my-study.ts)';
  if (names.length > 0) return `${expectedOneOf(name, names)}, or ${module}`;
  return `expected ${module}; the studies of the repository run in a clone of it: npm start`;
}

/**
 * The experiments that a module of the user's own exports: those of its `registry`, or its default export.
 * @param file its path; it has been imported before
 */
export async function experimentsOf(file: string): Promise<Experiments> {
  const { registry: given, default: only } = (await import(pathToFileURL(file).href)) as {
    readonly registry?: Registry;
    readonly default?: AnyExperiment;
  };
  const isExperiment = typeof only?.name === 'string' && typeof only.runJob === 'function';
  const found: Experiments = given?.experiments ?? (isExperiment ? { [only.name]: async () => only } : {});
  const isOne = Object.keys(found).length === 1;
  const command = (name: string) => `oxbow run ${portablePath(file)}${isOne ? '' : `#${name}`}`;
  return Object.fromEntries(
    Object.entries(found).map(([name, load]) => [
      name,
      async () => ({ ...plainLabels, command: command(name), ...(await load()) }),
    ]),
  );
}
