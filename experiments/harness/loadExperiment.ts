import { expectedOneOf } from '../../src/options/nearest.ts';
import { InputError } from './inputError.ts';
import type { AnyExperiment, Registry } from './registry.ts';
import { TUNING_SUFFIX, tuningExperiment } from './tuning/tuningExperiment.ts';

/**
 * The experiment of that name; for `name-tuning` the search for the settings of the experiment `name`.
 * @throws InputError if the registry has no such experiment, or it has nothing to tune
 */
export async function loadExperiment(registry: Registry, name: string): Promise<AnyExperiment> {
  const names = Object.keys(registry.experiments);
  const own = names.includes(name);
  const base = own || !name.endsWith(TUNING_SUFFIX) ? name : name.slice(0, -TUNING_SUFFIX.length);
  if (!names.includes(base)) throw new InputError(`experiment: got ${base}, ${expectedOneOf(base, names)}`);
  const experiment = await registry.experiments[base]!();
  return base === name ? experiment : tuningExperiment(experiment);
}
