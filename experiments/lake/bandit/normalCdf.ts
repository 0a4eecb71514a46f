import { portableMath } from '../../../src/index.ts';
import { gaussLegendre } from '../../../src/special/quadrature.ts';

const RULE = gaussLegendre(32);
const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);
/** Beyond it Φ is 0 or 1 in double precision. */
const LAST = 9;

/** Φ(x) = ½ + x ∫₀¹ φ(x t) dt, the distribution function of N(0, 1), to 1e-14. */
export function normalCdf(x: number): number {
  if (Math.abs(x) > LAST) return x > 0 ? 1 : 0;
  const integral = RULE.nodes.reduce((sum, t, i) => sum + RULE.weights[i]! * normalDensity(x * t), 0);
  return 0.5 + x * integral;
}

/** φ(x), the density of N(0, 1). */
export function normalDensity(x: number): number {
  return portableMath.exp(-0.5 * x * x) / ROOT_TWO_PI;
}
