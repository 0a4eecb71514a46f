import { SHORE } from '../../bandit/banditOptimum.ts';
import { normalCdf } from '../../bandit/normalCdf.ts';

/**
 * The least mass that a flow on the line leaves in the water, |a| < ½, if it maps N(0, 1) symmetrically, f(−z) = −f(z), with slopes of at
 * most `slope`: |f(z)| ≤ slope · |z| there, so that at least P(|z| < ½ / slope) = 2Φ(½ / slope) − 1 lands in it. Between two modes a flow
 * has a bridge, however thin.
 */
export function leastWater(slope: number): number {
  return 2 * normalCdf(SHORE / slope) - 1;
}
