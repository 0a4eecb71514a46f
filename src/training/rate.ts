import { z } from 'zod';
import { linearSchedule, type Schedule } from '../engine/optimizers/schedule.ts';

/** A learning rate, a clip, …: a number, a straight line from the first number to the last, or a function of the share that is done. */
export type Rate = number | { readonly linear: readonly [first: number, last: number] } | Schedule;

/** What a {@link Rate} may be, as errors say it. */
export const RATES = 'a number ≥ 0, { linear: [first, last] }, or a function of the share of the training that is done';

/** A {@link Rate}. */
export const rateSchema = z
  .custom<Rate>((value) => typeof value === 'function' || isRate(value) || isLinear(value), RATES)
  .meta({ type: 'Rate' });

/**
 * The rate when `share` of the training is done.
 * @param name whose rate it is, as errors name it: `Ppo: learningRate`
 * @throws if a schedule gives something else than a number ≥ 0
 */
export function rateAt(name: string, rate: Rate, share: number): number {
  if (typeof rate === 'number') return rate;
  if (typeof rate === 'object') return linearSchedule(...rate.linear)(share);
  const value = rate(share);
  if (!isRate(value)) throw new Error(`${name}: the schedule gave ${value} at ${share}, expected a number ≥ 0`);
  return value;
}

function isRate(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}

function isLinear(value: unknown): boolean {
  const { linear, ...others } = (value ?? {}) as { linear?: unknown };
  return Array.isArray(linear) && linear.length === 2 && linear.every(isRate) && Object.keys(others).length === 0;
}
