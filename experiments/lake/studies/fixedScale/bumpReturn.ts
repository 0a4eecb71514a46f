import { portableMath } from '../../../../src/index.ts';

/** A Gaussian policy of a fixed scale σ on BumpBandit-v0 with bumps of width s. */
export interface BumpTask {
  readonly scale: number;
  readonly width: number;
}

/**
 * J(μ) = E[r(a)], a ~ N(μ, σ²), r the two bumps: a bump of width s seen through noise σ is one of width S = √(s² + σ²), s / S as high,
 *
 *   J(μ) = (s / S) (exp(−(μ − 1)² / 2S²) + exp(−(μ + 1)² / 2S²)).
 */
export function bumpReturn(mean: number, { scale, width }: BumpTask): number {
  const variance = width * width + scale * scale;
  const bump = (center: number) => portableMath.exp((-0.5 * (mean - center) * (mean - center)) / variance);
  return (width / Math.sqrt(variance)) * (bump(1) + bump(-1));
}

/** ∂J/∂μ of {@link bumpReturn}. */
export function bumpReturnSlope(mean: number, { scale, width }: BumpTask): number {
  const variance = width * width + scale * scale;
  const slope = (center: number) =>
    ((center - mean) / variance) * portableMath.exp((-0.5 * (mean - center) * (mean - center)) / variance);
  return (width / Math.sqrt(variance)) * (slope(1) + slope(-1));
}
