import { z } from 'zod';
import type { Schedule } from '../../src/index.ts';

/** A learning rate, a clip, …: a number ≥ 0, or a function of the share of the training that is done. */
export const rateSchema = z.custom<number | Schedule>(
  (value) => typeof value === 'function' || isRate(value),
  'a number ≥ 0 or a function of the share of the training that is done',
);

/**
 * The rate when `share` of the training is done.
 * @param name whose rate it is, as errors name it: `Ppo: learningRate`
 * @throws if a schedule gives something else than a number ≥ 0
 */
export function rateAt(name: string, rate: number | Schedule, share: number): number {
  if (typeof rate === 'number') return rate;
  const value = rate(share);
  if (!isRate(value)) throw new Error(`${name}: the schedule gave ${value} at ${share}, expected a number ≥ 0`);
  return value;
}

function isRate(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}
