/** A mean this near to 0 is one between the bumps. */
const BETWEEN = 0.25;

/**
 * The scale at which means leave the banks: where |μ| against σ first falls below .25, linear between the scales that were tried. By the
 * theory S² = .25 / artanh .25 = .979 there, 2 % below the fork, so that noise near 0 is not taken for a branch. Null where it
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
