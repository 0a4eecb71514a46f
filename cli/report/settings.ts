import { isObject } from '../experiment/config.ts';
import type { CommonConfig } from '../experiment/experiment.ts';
import { mapValues, type Tuned } from '../experiment/tuned.ts';

/** All settings one by one, by path; the records of a list by their numbers from 1 on. */
export function flatSettings(value: object, path: readonly string[] = []): [string, string][] {
  return Object.entries(value).flatMap(([key, entry]): [string, string][] => {
    const at = [...path, key];
    if (isRecords(entry)) return flatSettings(Object.fromEntries(entry.map((record, i) => [i + 1, record])), at);
    return isObject(entry) ? flatSettings(entry, at) : [[at.join('.'), text(entry)]];
  });
}

/** A group with a setting of its own, not only groups. */
function isRecord(value: unknown): value is object {
  return isObject(value) && Object.values(value).some((entry) => !isObject(entry) && !isRecords(entry));
}

function isRecords(value: unknown): value is readonly object[] {
  return Array.isArray(value) && value.length > 0 && value.every(isRecord);
}

function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(text).join(', ') || '–';
  return isObject(value) ? JSON.stringify(value) : String(value);
}

/**
 * What a reader needs of a run's config: of the settings that were searched, `tuned`, by study, environment and policy, those of the run's
 * environments and policies. All else stays.
 */
export function ownSettings(config: CommonConfig): CommonConfig {
  const { tuned } = config as CommonConfig & { readonly tuned?: Tuned };
  if (tuned === undefined) return config;
  const own = mapValues(tuned, (environments) =>
    withoutEmpty(mapValues(only(environments, config.environments), (policies) => only(policies, config.policies))),
  );
  return { ...config, tuned: withoutEmpty(own) } as CommonConfig;
}

/** The entries of these names. */
function only<T>(record: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)));
}

function withoutEmpty<T extends object>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => Object.keys(value).length > 0));
}
