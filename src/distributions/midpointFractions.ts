import { positiveInteger } from '../nn/positiveInteger.ts';

/** The midpoints τ̂ᵢ = (i + ½)/K of K equal parts of [0, 1]. */
export function midpointFractions(count: number): number[] {
  positiveInteger('midpointFractions', 'count', count);
  return Array.from({ length: count }, (_, i) => (i + 0.5) / count);
}
