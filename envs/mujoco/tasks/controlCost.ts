import { pairwiseSum } from '../pairwiseSum.ts';

/** weight · Σ a², in float32 as numpy has it. */
export function controlCost(weight: number, action: Float32Array): number {
  const squares = action.map((a) => a * a);
  return Math.fround(Math.fround(weight) * pairwiseSum(squares, Math.fround));
}
