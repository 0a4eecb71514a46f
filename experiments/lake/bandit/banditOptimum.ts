import { portableMath } from '../../../src/index.ts';
import { normalCdf } from './normalCdf.ts';

/** SoftBandit-v0 with a temperature. */
export interface BanditTask {
  /** τ > 0 */
  readonly temperature: number;
  /** Taken from the reward in the water, |a| < ½. */
  readonly penalty: number;
}

/** The water is |a| < SHORE, the banks are at ±1. */
export const SHORE = 0.5;

/** r(a) = −½ (|a| − 1)², less the penalty in the water, as SoftBandit-v0 has it. */
export function banditReward(action: number, penalty: number): number {
  return -0.5 * (Math.abs(action) - 1) ** 2 - (Math.abs(action) < SHORE ? penalty : 0);
}

export interface BanditOptimum {
  /** log ∫ exp(r(a) / τ) da */
  readonly logTotal: number;
  /** π*(|a| < ½) */
  readonly water: number;
}

/**
 * The soft optimum of SoftBandit-v0, π*(a) ∝ exp(r(a) / τ) with r(a) = −½ (|a| − 1)², less the penalty in the water: on each side of 0 a
 * Gaussian N(±1, τ) that is cut off at 0 and, where there is a penalty p, e^(−p/τ) times as dense in the water.
 */
export function banditOptimum({ temperature, penalty }: BanditTask): BanditOptimum {
  const deviation = Math.sqrt(temperature);
  const [atZero, atShore] = [normalCdf(-1 / deviation), normalCdf((SHORE - 1) / deviation)];
  const inWater = portableMath.exp(-penalty / temperature) * (atShore - atZero);
  const total = 1 - atShore + inWater;
  return {
    logTotal: portableMath.log(2 * Math.sqrt(2 * Math.PI) * deviation * total),
    water: inWater / total,
  };
}

/**
 * The least mass that a flow on the line leaves in the water, |a| < ½, if it maps N(0, 1) symmetrically, f(−z) = −f(z), with slopes of at
 * most `slope`: |f(z)| ≤ slope · |z| there, so that at least P(|z| < ½ / slope) = 2Φ(½ / slope) − 1 lands in it. Between two modes a flow
 * has a bridge, however thin.
 */
export function leastWater(slope: number): number {
  return 2 * normalCdf(SHORE / slope) - 1;
}
