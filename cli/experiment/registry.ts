import { checkArgument } from '../../src/options/parse.ts';
import type { CommonConfig, Experiment, Job } from './experiment.ts';

/**
 * The experiments that a command knows, each loaded when it is first needed. Worker processes import the same module again:
 * it must export the registry under the name `registry`.
 */
export interface Registry {
  /** `import.meta.url` of the module that exports the registry. */
  readonly url: string;
  readonly experiments: Record<string, () => Promise<AnyExperiment>>;
}

/** An experiment whose settings and jobs are its own business; see {@link defineExperiment}. */
export type AnyExperiment = Experiment<CommonConfig, Job>;

/** Checks an experiment against its own types and gives it the type that a {@link Registry} holds. @throws if it lacks a part */
export function defineExperiment<C extends CommonConfig, J extends Job>(experiment: Experiment<C, J>): AnyExperiment {
  checkArgument('defineExperiment', 'experiment', experiment, Object);
  const { name, description, schema, presets, choices, steps } = experiment;
  const where = `defineExperiment${typeof name === 'string' ? `('${name}')` : ''}`;
  for (const [field, text] of Object.entries({ name, description })) checkArgument(where, field, text, String);
  for (const [field, part] of Object.entries({ schema, choices, steps, presets })) {
    checkArgument(where, field, part, Object);
  }
  checkArgument(where, 'presets.quick', presets.quick, Object);
  for (const method of ['runtime', 'jobs', 'runJob', 'tables', 'report'] as const) {
    checkArgument(where, method, experiment[method], Function);
  }
  return experiment as unknown as AnyExperiment;
}
