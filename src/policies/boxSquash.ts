import type { Bijector } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/chain.ts';
import { roundedBounds } from '../bijectors/elementwise/roundedBounds.ts';
import { Sigmoid, type SigmoidOptions } from '../bijectors/elementwise/sigmoid.ts';
import { Scale } from '../bijectors/linear/scale.ts';

/**
 * ℝ^dim → Π (lowᵢ, highᵢ): y = (low + high)/2 + (high − low)/2 · tanh u, a policy's squash for a bounded action space. Written
 * as low + (high − low) σ(2u), see {@link Sigmoid}: it never leaves the box.
 * @param box the bounds of the action's components, or one pair for all
 * @throws if the bounds differ in length, or one is not finite, or low ≥ high in float32
 */
export function boxSquash({ low, high }: Required<SigmoidOptions>): Bijector {
  roundedBounds('boxSquash: wanted', { low, high });
  return new Chain([new Sigmoid({ low, high }), new Scale(2)]);
}
