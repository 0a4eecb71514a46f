import { portableMath } from '../../../../src/index.ts';

/** Standard deviation of each half. */
const DEVIATION = 0.2;

/** The density of `softBanditData`'s actions, ½ N(−1, .2²) + ½ N(1, .2²). */
export function banditDataDensity(action: number): number {
  const bump = (center: number) => portableMath.exp(-0.5 * ((action - center) / DEVIATION) ** 2);
  return (bump(-1) + bump(1)) / (2 * DEVIATION * Math.sqrt(2 * Math.PI));
}
