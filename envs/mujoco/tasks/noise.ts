import type { Rng } from '../../../src/random.ts';

/** Adds U(−scale, scale) to each number. */
export function addUniform(numbers: Float64Array, rng: Rng, scale: number): void {
  for (let i = 0; i < numbers.length; i++) numbers[i]! += rng.uniform(-scale, scale);
}

/** Adds scale · N(0, 1) to each number. */
export function addNormal(numbers: Float64Array, rng: Rng, scale: number): void {
  for (let i = 0; i < numbers.length; i++) numbers[i]! += scale * rng.normal();
}
