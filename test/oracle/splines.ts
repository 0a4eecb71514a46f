/** Rational-quadratic splines in float64, knot by knot, from Durkan et al. (arXiv:1906.04032), equation 4. */

const MIN = 1e-3;

function softmax(logits: number[]): number[] {
  const highest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - highest));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

function knotsOf(logits: number[], bound: number): number[] {
  const knots = [-bound];
  for (const share of softmax(logits)) {
    knots.push(knots.at(-1)! + 2 * bound * (MIN + (1 - MIN * logits.length) * share));
  }
  return knots;
}

/** MIN + softplus(raw + c), where c makes it 1 for raw = 0, and raw is bounded by ±1/MIN, smoothly. */
export function derivativeOf(raw: number): number {
  const x = Math.tanh(raw * MIN) / MIN + Math.log(Math.expm1(1 - MIN));
  return MIN + Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function interpolate(xs: number[], ys: number[], ds: number[], x: number): number {
  let k = 0;
  while (k + 2 < xs.length && x >= xs[k + 1]!) k++;
  const s = (ys[k + 1]! - ys[k]!) / (xs[k + 1]! - xs[k]!);
  const xi = (x - xs[k]!) / (xs[k + 1]! - xs[k]!);
  const numerator = (ys[k + 1]! - ys[k]!) * (s * xi ** 2 + ds[k]! * xi * (1 - xi));
  return ys[k]! + numerator / (s + (ds[k + 1]! + ds[k]! - 2 * s) * xi * (1 - xi));
}

/** A spline on [−bound, bound], the identity outside. `derivatives` are raw and belong to the inner knots. */
export function rationalQuadraticSpline(
  x: number,
  { widths, heights, derivatives, bound }: Record<'widths' | 'heights' | 'derivatives', number[]> & { bound: number },
): number {
  if (x <= -bound || x >= bound) return x;
  const ds = [1, ...derivatives.map(derivativeOf), 1];
  return interpolate(knotsOf(widths, bound), knotsOf(heights, bound), ds, x);
}

/** A spline of the circle and a turn, continued over the whole line: x + 2π goes to y + 2π. */
export function circularSpline(
  x: number,
  { widths, heights, derivatives, phase }: Record<'widths' | 'heights' | 'derivatives', number[]> & { phase: number },
): number {
  const turns = 2 * Math.PI * Math.floor((x + Math.PI) / (2 * Math.PI));
  const ds = [...derivatives, derivatives[0]!].map(derivativeOf);
  return interpolate(knotsOf(widths, Math.PI), knotsOf(heights, Math.PI), ds, x - turns) + turns + phase;
}
