import type { BoxSpace } from './boxSpace.ts';

/** Half the width of the bounds of each component; 1 where that is infinite or 0. */
export function halfWidths({ low, high }: Pick<BoxSpace, 'low' | 'high'>): number[] {
  return Array.from(low, (bound, i) => {
    const half = (high[i]! - bound) / 2;
    return Number.isFinite(half) && half > 0 ? half : 1;
  });
}
