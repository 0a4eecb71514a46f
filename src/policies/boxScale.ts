import type { Bijector } from '../bijectors/bijector.ts';
import { ShiftScale } from '../bijectors/linear/shiftScale.ts';
import type { BoxSpace } from './boxSpace.ts';

/**
 * y = middle + half · u of the bounds of each component, so that u in [−1, 1] is within them; a component without two finite bounds stays as it
 * is. In difference to `boxSquash` it does not keep actions within the box.
 */
export function boxScale({ low, high }: BoxSpace): Bijector {
  const halves = Array.from(low, (bound, i) => {
    const half = (high[i]! - bound) / 2;
    return Number.isFinite(half) && half > 0 ? half : undefined;
  });
  return new ShiftScale({
    shift: halves.map((half, i) => (half === undefined ? 0 : low[i]! + half)),
    scale: halves.map((half) => half ?? 1),
  });
}
