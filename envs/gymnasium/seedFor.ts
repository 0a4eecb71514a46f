import { Rng } from '../../src/random.ts';
import type { Seed } from '../core/env.ts';

/** A seed as Gymnasium wants it: an integer ≥ 0 as it is, anything else as 31 bits drawn from its stream. */
export function seedFor(seed: Seed): number {
  return Number.isSafeInteger(seed) && (seed as number) >= 0 ? (seed as number) : new Rng(seed).integer(0, 2 ** 31);
}
