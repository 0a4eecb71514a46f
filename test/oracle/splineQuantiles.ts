import { rationalQuadraticSpline } from './splines.ts';

/** location + log(1 + eʳᵃʷ) S(2τ − 1) at the midpoints of K equal parts, from widths, heights, derivatives, location and raw scale. */
export function splineQuantiles(parameters: readonly number[], bins: number, count: number): number[] {
  const [widths, heights] = [parameters.slice(0, bins), parameters.slice(bins, 2 * bins)];
  const derivatives = parameters.slice(2 * bins, 3 * bins - 1);
  const [location, raw] = parameters.slice(3 * bins - 1) as [number, number];
  const scale = Math.max(raw, 0) + Math.log1p(Math.exp(-Math.abs(raw)));
  return Array.from({ length: count }, (_, i) => {
    const x = (2 * i + 1) / count - 1;
    return location + scale * rationalQuadraticSpline(x, { widths, heights, derivatives, bound: 1 });
  });
}
