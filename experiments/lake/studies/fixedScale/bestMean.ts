import { portableMath } from '../../../../src/index.ts';
import type { BumpTask } from './bumpReturn.ts';

/**
 * The mean μ* ≥ 0 of greatest return, by its own equation: ∂J/∂μ = 0 is μ = tanh(μ / S²) with S² = s² + σ². It is 0 where S² ≥ 1, and
 * else the positive root: a pitchfork.
 */
export function bestMean({ scale, width }: BumpTask): number {
  const variance = width * width + scale * scale;
  if (variance >= 1) return 0;
  // tanh is concave there: below the root it lies above the diagonal, above it below. With exponentials, tanh(μ / S²) > μ is:
  let [low, high] = [1e-9, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if ((1 - middle) * portableMath.exp((2 * middle) / variance) > 1 + middle) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
