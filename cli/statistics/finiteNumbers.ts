import { checkArgument } from '../../src/options/parse.ts';

/**
 * Refuses what no statistic is made of: a NaN or an infinity would be sorted, trimmed or counted as a loss, and come back as
 * a result.
 *
 * @throws if `values` is empty or holds a number that is not finite; the error says `where`, `name` and the index.
 */
export function finiteNumbers(where: string, name: string, values: ArrayLike<number>): void {
  checkArgument(where, name, values, Array);
  if (values.length === 0) throw new Error(`${where}: wanted at least one number in ${name}, got none`);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]))
      throw new Error(`${where}: wanted finite numbers, got ${name}[${i}] = ${values[i]}`);
  }
}

/** @throws as {@link finiteNumbers} for `x` and `y`, and if they are not as many */
export function finitePairs(where: string, x: readonly number[], y: readonly number[]): void {
  if (x?.length !== y?.length) throw new Error(`${where}: needs pairs, got ${x?.length} and ${y?.length} values`);
  finiteNumbers(where, 'x', x);
  finiteNumbers(where, 'y', y);
}
