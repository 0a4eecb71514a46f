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

/** Where gradient ascent on the exact return ends that begins at μ = ½, to the right of the water's middle. */
export function ascend(task: BumpTask): number {
  const variance = task.width ** 2 + task.scale ** 2;
  // A step that no curvature of J overshoots: |J″| ≤ 2 s / S³.
  const step = (variance * Math.sqrt(variance)) / (2 * task.width);
  let mean = 0.5;
  for (let i = 0; i < 20_000; i++) {
    const change = step * bumpReturnSlope(mean, task);
    mean += change;
    if (Math.abs(change) < 1e-12) break;
  }
  return mean;
}

/** A mean this near to 0 is one between the bumps. */
const BETWEEN = 0.25;

/**
 * The scale at which means leave the banks: where |μ| against σ first falls below 0.25, linear between the scales that were tried. By the
 * theory S² = 0.25 / artanh 0.25 = 0.979 there, 2 % below the fork, so that noise near 0 is not taken for a branch. Null where it
 * does not fall.
 * @param curve by rising scale
 */
export function flipOf(curve: readonly { readonly scale: number; readonly mean: number }[]): number | null {
  for (const [i, { scale, mean }] of curve.entries()) {
    const before = curve[i - 1];
    if (before === undefined || Math.abs(mean) >= BETWEEN || Math.abs(before.mean) < BETWEEN) continue;
    const share = (Math.abs(before.mean) - BETWEEN) / (Math.abs(before.mean) - Math.abs(mean));
    return before.scale + share * (scale - before.scale);
  }
  return null;
}
