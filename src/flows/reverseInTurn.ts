import type { Bijector } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/chain.ts';
import { Reverse } from '../bijectors/linear/reverse.ts';

/** Layer `index` of those that take numbers from the first to the last and from the last to the first in turns. */
export function reverseInTurn(index: number, dim: number, layer: Bijector): Bijector {
  return index % 2 === 0 ? layer : new Chain([new Reverse(dim), layer, new Reverse(dim)]);
}
