import { portableMath, type Rng } from '../../src/index.ts';
import type { Standard } from './standardized.ts';

/** x₂ ~ N(0, 4²), x₁ ~ N(x₂²/4, 1): the banana of the tutorial. */
export function drawBanana(rng: Rng, count: number): Float32Array {
  const rows = rng.fillNormal(new Float32Array(2 * count));
  for (let i = 0; i < rows.length; i += 2) {
    const x2 = 4 * rows[i + 1]!;
    rows[i] = rows[i]! + x2 ** 2 / 4;
    rows[i + 1] = x2;
  }
  return rows;
}

const LOG_TWO_PI = portableMath.log(2 * Math.PI);

/** log p(x₁, x₂). */
export function logDensity(x1: number, x2: number): number {
  return -0.5 * ((x1 - x2 ** 2 / 4) ** 2 + (x2 / 4) ** 2) - LOG_TWO_PI - portableMath.log(4);
}

/** What is exactly known of it; nats. */
export const TRUTH = {
  /** The least mean negative log-likelihood that any model can have. */
  entropy: LOG_TWO_PI + 1 + portableMath.log(4),
  /** That of the best Gaussian, of the same mean and covariance: its variances are 33 and 16, and its covariance is 0. */
  gaussian: LOG_TWO_PI + 1 + 0.5 * portableMath.log(33 * 16),
  mean: [4, 0],
  variance: [33, 16],
  covariance: 0,
  mutualInformation: mutualInformation(),
} as const;

/** How flows see it. About one draw of 2000 is beyond the bound. */
export const STANDARD: Standard = { mean: TRUTH.mean, deviation: TRUTH.variance.map(Math.sqrt), bound: 8 };

/** I = H(X₁) − H(X₁ | X₂), with the density of X₁ by the midpoint rule over x₂. */
function mutualInformation(): number {
  const [cells, low, high] = [2400, -8, 160];
  const width = (high - low) / cells;
  let entropy = 0;
  for (let i = 0; i < cells; i++) {
    const density = marginalDensity(low + (i + 0.5) * width);
    if (density > 0) entropy -= density * portableMath.log(density) * width;
  }
  return entropy - 0.5 * (LOG_TWO_PI + 1);
}

/** p(x₁). */
export function marginalDensity(x1: number): number {
  const [cells, reach] = [800, 28];
  const width = (2 * reach) / cells;
  let sum = 0;
  for (let i = 0; i < cells; i++) sum += portableMath.exp(logDensity(x1, -reach + (i + 0.5) * width)) * width;
  return sum;
}
