import type { CommonConfig } from '../experiment.ts';
import { mapValues } from '../tuning/mapValues.ts';
import type { Tuned } from '../tuning/tunedSchema.ts';

/** A config without what decides nothing in its run. */
export interface OwnSettings {
  readonly config: CommonConfig;
  /** The environments whose settings are not in it, in the order of the config. */
  readonly leftOut: readonly string[];
}

/**
 * What a reader needs of a run's config: of the settings that were searched, `tuned`, by study, environment and policy, those of the run's
 * environments. All else stays.
 */
export function ownSettings(config: CommonConfig): OwnSettings {
  const { tuned } = config as CommonConfig & { readonly tuned?: Tuned };
  if (tuned === undefined) return { config, leftOut: [] };
  const isOwn = (env: string) => config.environments.includes(env);
  const own = mapValues(tuned, (environments) =>
    Object.fromEntries(Object.entries(environments).filter(([env]) => isOwn(env))),
  );
  const kept = Object.fromEntries(
    Object.entries(own).filter(([, environments]) => Object.keys(environments).length > 0),
  );
  const all = Object.values(tuned).flatMap((environments) => Object.keys(environments));
  const leftOut = [...new Set(all)].filter((env) => !isOwn(env));
  return { config: { ...config, tuned: kept } as CommonConfig, leftOut };
}
