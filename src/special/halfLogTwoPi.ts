import { portableMath } from '../portableMath.ts';

/** ½ log 2π: −log of the standard normal density at 0. */
export const HALF_LOG_TWO_PI = 0.5 * portableMath.log(2 * Math.PI);
