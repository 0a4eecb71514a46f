import { pairwiseSum } from '../pairwiseSum.ts';

/** Σ x², as numpy has it. */
export function sumOfSquares(numbers: Float64Array): number {
  return pairwiseSum(numbers.map((x) => x * x));
}
