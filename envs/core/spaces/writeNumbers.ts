import { describe } from '../describe.ts';
import type { BatchArray } from './space.ts';

/**
 * Copies the `size` numbers of an array into `target` from `offset` on.
 * @throws when `x` is no array of so many numbers, or one of them is NaN; infinite ones are numbers.
 */
export function writeNumbers(x: ArrayLike<number>, size: number, target: BatchArray, offset: number): void {
  if (x == null || x.length !== size) throw new Error(`expected ${size} numbers, got ${describe(x)}`);
  for (let i = 0; i < size; i++) {
    const entry = x[i]!;
    if (typeof entry !== 'number' || !(entry <= Number.POSITIVE_INFINITY)) {
      throw new Error(`entry ${i} is ${describe(entry)}, expected a number`);
    }
    target[offset + i] = entry;
  }
}
