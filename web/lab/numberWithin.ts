import { seedOf } from './setting.ts';

/** A number as it is typed; undefined if it is no integer from `low` to `high`. */
export function numberWithin(text: string, [low, high]: readonly [low: number, high: number]): number | undefined {
  const value = seedOf(text);
  return value === undefined || value < low || value > high ? undefined : value;
}
