import { solve } from './calculus.ts';

/** Log-densities in plain float64 numbers, each written from its definition. */

export function normalLogPdf(x: number, mean: number, std: number): number {
  return Math.log(Math.exp(-(((x - mean) / std) ** 2) / 2) / (std * Math.sqrt(2 * Math.PI)));
}

/** N(mean, covariance) by Gaussian elimination on the covariance matrix itself. */
export function multivariateNormalLogPdf(x: number[], mean: number[], covariance: number[][]): number {
  const residual = x.map((value, i) => value - mean[i]!);
  const { logAbsDet, solution } = solve(covariance, residual);
  const distance = residual.reduce((sum, value, i) => sum + value * solution[i]!, 0);
  return -0.5 * (distance + logAbsDet + x.length * Math.log(2 * Math.PI));
}

/** L Lᵀ of the lower triangular L with exp(logDiagonal) on the diagonal and `below` row by row under it. */
export function covarianceOf(logDiagonal: number[], below: number[]): number[][] {
  const n = logDiagonal.length;
  let next = 0;
  const lower = logDiagonal.map((log, i) =>
    Array.from({ length: n }, (_, j) => (j < i ? below[next++]! : j === i ? Math.exp(log) : 0)),
  );
  return lower.map((a) => lower.map((b) => a.reduce((sum, value, k) => sum + value * b[k]!, 0)));
}

/** KL(p ‖ N(0, 1 + m²)) of p = ½ (N(−m, 1) + N(m, 1)), nats: the entropy of p by the midpoint rule. */
export function negentropyOfTwoModes(m: number): number {
  let entropy = 0;
  for (let x = -m - 12; x < m + 12; x += 0.01) {
    const p = (Math.exp(-0.5 * (x + m) ** 2) + Math.exp(-0.5 * (x - m) ** 2)) / 2 / Math.sqrt(2 * Math.PI);
    entropy -= p * Math.log(p) * 0.01;
  }
  return 0.5 * Math.log(2 * Math.PI * Math.E * (1 + m * m)) - entropy;
}
