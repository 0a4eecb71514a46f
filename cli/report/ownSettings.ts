import type { CommonConfig } from '../experiment/experiment.ts';
import { mapValues } from '../experiment/mapValues.ts';
import type { Tuned } from '../experiment/tunedSchema.ts';

/** A config without what decides nothing in its run. */
export interface OwnSettings {
  readonly config: CommonConfig;
  /** The environments whose settings are not in it, in the order of the config. */
  readonly environmentsLeftOut: readonly string[];
  /** The policies whose settings are not in it, in the order of the config. */
  readonly policiesLeftOut: readonly string[];
}

/**
 * What a reader needs of a run's config: of the settings that were searched, `tuned`, by study, environment and policy, those of the run's
 * environments and policies. All else stays.
 */
export function ownSettings(config: CommonConfig): OwnSettings {
  const { tuned } = config as CommonConfig & { readonly tuned?: Tuned };
  if (tuned === undefined) return { config, environmentsLeftOut: [], policiesLeftOut: [] };
  const own = mapValues(tuned, (environments) =>
    mapValues(only(environments, config.environments), (policies) => only(policies, config.policies)),
  );
  const all = Object.values(tuned);
  const leftOut = (names: readonly string[], own: readonly string[]) =>
    [...new Set(names)].filter((name) => !own.includes(name));
  return {
    config: { ...config, tuned: withoutEmpty(mapValues(own, withoutEmpty)) } as CommonConfig,
    environmentsLeftOut: leftOut(all.flatMap(Object.keys), config.environments),
    policiesLeftOut: leftOut(all.flatMap(Object.values).flatMap(Object.keys), config.policies),
  };
}

/** The entries of these names. */
function only<T>(record: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)));
}

function withoutEmpty<T extends object>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => Object.keys(value).length > 0));
}
