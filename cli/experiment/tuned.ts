import { z } from 'zod';

/** A rate that changes in a straight line over a training. */
interface LinearRate {
  readonly linear: readonly [first: number, last: number];
}

/** A value of a setting. */
export type SettingValue = string | number | boolean | null | readonly number[] | LinearRate;

/** Settings by name, in groups if need be: plain JSON. */
export interface Settings {
  readonly [name: string]: SettingValue | Settings;
}

/** The settings in use, by study, environment and policy. */
export type Tuned = Record<string, Record<string, Record<string, Settings>>>;

/** Whether a part of {@link Settings} is a group of them. */
export function isGroup(value: SettingValue | Settings): value is Settings {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && !('linear' in value && Array.isArray(value.linear));
}

/**
 * The field `tuned` of an experiment's schema: settings that were searched for, by study, environment and policy, each the default of a
 * setting of its kind. Names that `found` does not have are errors.
 */
export function tunedSchema(found: Tuned): z.ZodType<Tuned> {
  // Lists show it as one, since it is found rather than chosen.
  return settingsSchema(found as unknown as Settings).meta({ whole: true }) as unknown as z.ZodType<Tuned>;
}

function settingsSchema(found: Settings): z.ZodType {
  return z
    .strictObject(mapValues(found, (value) => (isGroup(value) ? settingsSchema(value) : valueSchema(value))))
    .prefault({});
}

function valueSchema(value: SettingValue): z.ZodType {
  if (typeof value === 'number') return (value > 0 ? z.number().positive() : z.number()).default(value);
  if (typeof value === 'string') return z.string().default(value);
  if (typeof value === 'boolean') return z.boolean().default(value);
  return z.unknown().default(value);
}

/** The record with each value mapped. */
export function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T, key: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
