/** Log-densities in plain float64 numbers, each written from its definition. */

export function normalLogPdf(x: number, mean: number, std: number): number {
  return Math.log(Math.exp(-(((x - mean) / std) ** 2) / 2) / (std * Math.sqrt(2 * Math.PI)));
}

/** N(mean, covariance) by Gaussian elimination on the covariance matrix itself. */
export function multivariateNormalLogPdf(x: number[], mean: number[], covariance: number[][]): number {
  const n = x.length;
  const rows = covariance.map((row, i) => [...row, x[i]! - mean[i]!]);
  let determinant = 1;
  for (let i = 0; i < n; i++) {
    determinant *= rows[i]![i]!;
    for (let j = i + 1; j < n; j++) {
      const factor = rows[j]![i]! / rows[i]![i]!;
      for (let k = i; k <= n; k++) rows[j]![k]! -= factor * rows[i]![k]!;
    }
  }
  const solution = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let rest = rows[i]![n]!;
    for (let k = i + 1; k < n; k++) rest -= rows[i]![k]! * solution[k]!;
    solution[i] = rest / rows[i]![i]!;
  }
  const distance = x.reduce((sum, value, i) => sum + (value - mean[i]!) * solution[i]!, 0);
  return -0.5 * (distance + Math.log(determinant) + n * Math.log(2 * Math.PI));
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
