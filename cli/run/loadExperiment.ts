import { expectedOneOf } from '../../src/options/describe.ts';
import { InputError } from '../experiment/errors.ts';
import type { AnyExperiment, CommonConfig, Registry } from '../experiment/experiment.ts';
import { type AllowedCode, NO_CODE, TRAIN, TRAIN_TUNING } from '../train/allowedCode.ts';
import { TUNING_SUFFIX, tuningExperiment } from '../tuning/tuningExperiment.ts';

/**
 * The experiment of that name; for `name-tuning` the search for the settings of the experiment `name`, for `train` the training that
 * the settings choose, for `train-tuning` the search for its settings.
 * @param config the settings of a run of it: data, of which nothing is imported
 * @param allowed the code beside oxbow's own that its jobs may run, whatever the settings name; who allows a module has imported it
 * @throws InputError if the registry has no such experiment, or it has nothing to tune
 */
export async function loadExperiment(
  registry: Registry,
  name: string,
  config?: CommonConfig,
  allowed: AllowedCode = NO_CODE,
): Promise<AnyExperiment> {
  if (name === TRAIN && config !== undefined) {
    const { trainExperiment } = await import('../train/trainExperiment.ts');
    return trainExperiment(config, allowed);
  }
  if (name === TRAIN_TUNING && config !== undefined) {
    const { trainTuningExperiment } = await import('../tuning/trainTuningExperiment.ts');
    return trainTuningExperiment(config, allowed);
  }
  const names = Object.keys(registry.experiments);
  const own = names.includes(name);
  const base = own || !name.endsWith(TUNING_SUFFIX) ? name : name.slice(0, -TUNING_SUFFIX.length);
  if (!names.includes(base)) {
    const aside = name === TRAIN ? '; a training is begun by "oxbow train"' : '';
    throw new InputError(`experiment: got ${base}, ${expectedOneOf(base, names)}${aside}`);
  }
  const experiment = await registry.experiments[base]!();
  return base === name ? experiment : tuningExperiment(experiment);
}
