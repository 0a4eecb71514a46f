import { pairwiseSum } from '../pairwiseSum.ts';

/** Σ x², as numpy has it. */
export function sumOfSquares(numbers: Float64Array): number {
  const squares = new Float64Array(numbers.length);
  for (let i = 0; i < squares.length; i++) squares[i] = numbers[i]! * numbers[i]!;
  return pairwiseSum(squares);
}
