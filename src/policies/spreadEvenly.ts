import type { Rng } from '../random.ts';

/** In each of `dim` dimensions `count` numbers at equal distances, of mean 0 and variance 1, in a random order: `[count, dim]`. */
export function spreadEvenly(count: number, dim: number, rng: Rng): Float32Array {
  const step = Math.sqrt(12 / (count * count - 1));
  const numbers = new Float32Array(count * dim);
  for (let d = 0; d < dim; d++) {
    rng.permutation(count).forEach((place, k) => {
      numbers[k * dim + d] = (place - (count - 1) / 2) * step;
    });
  }
  return numbers;
}
