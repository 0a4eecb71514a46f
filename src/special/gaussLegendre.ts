import { portableMath } from '../portableMath.ts';

/**
 * Gauss and Legendre's quadrature on [0, 1]: ∫ f ≈ Σ weights·f(nodes), exact for polynomials of degree 2·count − 1. The nodes are
 * the zeros of Legendre's polynomial, by Newton's method.
 */
export function gaussLegendre(count: number): { nodes: number[]; weights: number[] } {
  const nodes: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < count; i++) {
    let node = portableMath.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 0;
    // It converges quadratically from a start that is right to three digits.
    for (let step = 0; step < 6; step++) {
      let [before, value] = [1, node];
      for (let k = 2; k <= count; k++) [before, value] = [value, ((2 * k - 1) * node * value - (k - 1) * before) / k];
      slope = (count * (node * value - before)) / (node * node - 1);
      node -= value / slope;
    }
    nodes.push((1 + node) / 2);
    weights.push(1 / ((1 - node * node) * slope * slope));
  }
  return { nodes, weights };
}
