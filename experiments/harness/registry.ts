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

/** Checks an experiment against its own types and gives it the type that a {@link Registry} holds. */
export function defineExperiment<C extends CommonConfig, J extends Job>(experiment: Experiment<C, J>): AnyExperiment {
  return experiment as unknown as AnyExperiment;
}
