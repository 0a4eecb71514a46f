import { checkNumbers } from './whileLoading.ts';

/** @throws if `value` is no positive integer, or counts more than what is loaded can need; the error says `where` and `name`. */
export function positiveInteger(where: string, name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${where}: wanted a positive integer ${name}, got ${value}`);
  checkNumbers(value);
  return value;
}
