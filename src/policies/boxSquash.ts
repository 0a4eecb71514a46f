import type { Bijector } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/chain.ts';
import { ShiftScale } from '../bijectors/shiftScale.ts';
import { Tanh } from '../bijectors/tanh.ts';

/**
 * ℝ^dim → Π (lowᵢ, highᵢ): tanh, then scaled to the box. A policy's squash for a bounded action space.
 * @param box bounds, one for each component of the action
 * @throws if a bound is not finite, or low ≥ high
 */
export function boxSquash({ low, high }: { low: ArrayLike<number>; high: ArrayLike<number> }): Bijector {
  const lows = Array.from(low);
  const highs = Array.from(high);
  const fits = (bound: number, i: number) => Number.isFinite(bound) && Number.isFinite(highs[i]) && bound < highs[i]!;
  if (lows.length !== highs.length || !lows.every(fits)) {
    throw new Error(`boxSquash: wanted finite bounds low < high, got low [${lows}] and high [${highs}]`);
  }
  const shift = lows.map((bound, i) => (bound + highs[i]!) / 2);
  const scale = lows.map((bound, i) => (highs[i]! - bound) / 2);
  return new Chain([new ShiftScale({ shift, scale }), new Tanh()]);
}
