import { show } from '../../src/options/describe.ts';

/** @throws when `options` is no object: a number of envs, say, that would be ignored in silence. */
export function checkIsObject(owner: string, options: unknown): void {
  if (typeof options === 'object' && options !== null) return;
  throw new Error(`${owner}: options: got ${show(options)}, expected an object`);
}

/** @throws when `options` has a key that is not in `known`: a misspelt option must not be ignored in silence. */
export function checkOptionNames(owner: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      const wanted = known.length === 0 ? 'none' : `one of ${known.join(', ')}`;
      throw new Error(`${owner}: unknown option "${name}", expected ${wanted}`);
    }
  }
}

/** @throws when `value` is not a finite number in [low, high]. */
export function checkRange(owner: string, name: string, value: unknown, low: number, high: number): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < low || value > high) {
    throw new Error(`${owner}: ${name}: got ${show(value)}, expected a finite number in [${low}, ${high}]`);
  }
}

/** @throws when `value` is not a finite number above 0. */
export function checkPositive(owner: string, name: string, value: unknown): void {
  if (typeof value !== 'number' || !(value > 0 && value < Infinity)) {
    throw new Error(`${owner}: ${name}: got ${show(value)}, expected a finite number above 0`);
  }
}
