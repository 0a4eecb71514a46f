import type { Rng } from '../../../src/random.ts';

/** How often each of `size` runs is drawn in each of `count` bootstrap resamples, `[count, size]`. */
export function drawResamples(rng: Rng, size: number, count: number): Uint16Array {
  const drawn = new Uint16Array(count * size);
  for (let row = 0; row < drawn.length; row += size) {
    for (let draw = 0; draw < size; draw++) drawn[row + rng.integer(0, size)]!++;
  }
  return drawn;
}
