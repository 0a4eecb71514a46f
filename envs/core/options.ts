import { shortened } from '../../src/options/describe.ts';

/** @throws when `options` is no object: a number of envs, say, that would be ignored in silence. */
export function checkIsObject(owner: string, options: unknown): void {
  if (typeof options === 'object' && options !== null) return;
  throw new Error(`${owner}: options must be an object, got ${describe(options)}`);
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

/** @throws when `value` is not one of `choices`. */
export function checkChoice(owner: string, name: string, value: unknown, choices: readonly string[]): void {
  if (!choices.includes(value as string)) {
    throw new Error(`${owner}: ${name} must be one of ${choices.join(', ')}, got ${describe(value)}`);
  }
}

/** @throws when `value` is not a finite number in [low, high]. */
export function checkRange(owner: string, name: string, value: unknown, low: number, high: number): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < low || value > high) {
    throw new Error(`${owner}: ${name} must be a finite number in [${low}, ${high}], got ${describe(value)}`);
  }
}

/** @throws when `value` is not a finite number above 0. */
export function checkPositive(owner: string, name: string, value: unknown): void {
  if (typeof value !== 'number' || !(value > 0 && value < Infinity)) {
    throw new Error(`${owner}: ${name} must be a finite number above 0, got ${describe(value)}`);
  }
}

/** @throws when `value` is not an integer ≥ `low` and ≤ `high`. */
export function checkCount(owner: string, name: string, value: unknown, low = 1, high = Infinity): void {
  const isCount = Number.isInteger(value);
  if (isCount && (value as number) >= low && (value as number) <= high) return;
  const wanted = isCount && (value as number) > high ? `≤ ${high}` : `≥ ${low}`;
  throw new Error(`${owner}: ${name} must be an integer ${wanted}, got ${describe(value)}`);
}

/** A value in a few words, for error messages: arrays by their class and first entries, the rest as JSON. */
export function describe(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'undefined') return String(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    const entries = Array.from(value as unknown as ArrayLike<unknown>);
    const shown = entries.slice(0, 6).map(describe).join(', ');
    return `${value.constructor.name} [${shown}${entries.length > 6 ? `, … ${entries.length} in all` : ''}]`;
  }
  try {
    return shortened(JSON.stringify(value) ?? String(value));
  } catch {
    // It holds itself, or something that JSON has no form for.
    return String(value);
  }
}
