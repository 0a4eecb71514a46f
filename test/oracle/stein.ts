/** SVGD's direction in float64, particle by particle: κ = exp(−d² / h), h the mean of d² over all pairs divided by log M. */
export function stein(particles: readonly number[][], scores: readonly number[][]): number[][] {
  const count = particles.length;
  const square = (a: number[], b: number[]) => a.reduce((sum, x, k) => sum + (x - b[k]!) ** 2, 0);
  const squares = particles.flatMap((a) => particles.map((b) => square(a, b)));
  const width = squares.reduce((sum, x) => sum + x, 0) / squares.length / Math.log(count);
  return particles.map((at) =>
    at.map((_, k) => {
      let sum = 0;
      particles.forEach((from, j) => {
        const kernel = Math.exp(-square(from, at) / width);
        // ∂κ/∂from is −2 (from − at) / h · κ.
        sum += kernel * scores[j]![k]! - ((2 * (from[k]! - at[k]!)) / width) * kernel;
      });
      return sum / count;
    }),
  );
}
