import { pairwiseSum } from '../pairwiseSum.ts';

/** weight · Σ a², in float32 as numpy has it. */
export function controlCost(weight: number, action: Float32Array): number {
  const squares = new Float32Array(action.length);
  for (let i = 0; i < squares.length; i++) squares[i] = action[i]! * action[i]!;
  return Math.fround(Math.fround(weight) * pairwiseSum(squares, Math.fround));
}
