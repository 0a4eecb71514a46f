import { portableMath } from '../portableMath.ts';

/** The nodes and weights of Gauss–Legendre quadrature on [0, 1]: Σ wᵢ f(xᵢ) is exact for polynomials of degree 2·count − 1. */
export function gaussLegendre(count: number): { nodes: number[]; weights: number[] } {
  const [nodes, weights] = [[] as number[], [] as number[]];
  for (let i = 0; i < count; i++) {
    let x = portableMath.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 0;
    for (let iteration = 0; iteration < 8; iteration++) {
      let [before, value] = [1, x];
      for (let n = 2; n <= count; n++) [before, value] = [value, ((2 * n - 1) * x * value - (n - 1) * before) / n];
      slope = (count * (x * value - before)) / (x * x - 1);
      x -= value / slope;
    }
    nodes.push((1 - x) / 2);
    weights.push(1 / ((1 - x * x) * slope * slope));
  }
  return { nodes, weights };
}
