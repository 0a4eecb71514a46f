import { besselIe64, lgamma64 } from './special.ts';

/** Log-densities of numbers in float64, each as its definition has it. */

export const logNormalLogPdf = (x: number, mu: number, sigma: number): number =>
  -Math.log(x * sigma * Math.sqrt(2 * Math.PI)) - (Math.log(x) - mu) ** 2 / (2 * sigma ** 2);

export const exponentialLogPdf = (x: number, rate: number): number => Math.log(rate) - rate * x;

export const logisticLogPdf = (x: number, mu: number, s: number): number => {
  const e = Math.exp(-Math.abs(x - mu) / s);
  return Math.log(e / (s * (1 + e) ** 2));
};

export const gumbelLogPdf = (x: number, mu: number, s: number): number => {
  const z = (x - mu) / s;
  return -z - Math.exp(-z) - Math.log(s);
};

export const laplaceLogPdf = (x: number, mu: number, b: number): number => -Math.abs(x - mu) / b - Math.log(2 * b);

export const cauchyLogPdf = (x: number, mu: number, gamma: number): number =>
  -Math.log(Math.PI * gamma * (1 + ((x - mu) / gamma) ** 2));

export const kumaraswamyLogPdf = (x: number, a: number, b: number): number =>
  Math.log(a * b) + (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-(x ** a));

export const betaLogPdf = (x: number, a: number, b: number): number =>
  (a - 1) * Math.log(x) + (b - 1) * Math.log(1 - x) + lgamma64(a + b) - lgamma64(a) - lgamma64(b);

export const gammaLogPdf = (x: number, a: number, rate: number): number =>
  a * Math.log(rate) + (a - 1) * Math.log(x) - rate * x - lgamma64(a);

export const studentTLogPdf = (x: number, df: number, loc: number, scale: number): number =>
  lgamma64((df + 1) / 2) -
  lgamma64(df / 2) -
  Math.log(scale * Math.sqrt(Math.PI * df)) -
  ((df + 1) / 2) * Math.log1p(((x - loc) / scale) ** 2 / df);

export const vonMisesLogPdf = (x: number, mu: number, kappa: number): number =>
  kappa * (Math.cos(x - mu) - 1) - logVolume(kappa);

let known = { kappa: Number.NaN, logVolume: Number.NaN };

function logVolume(kappa: number): number {
  if (known.kappa !== kappa) known = { kappa, logVolume: Math.log(2 * Math.PI * besselIe64(0, kappa)) };
  return known.logVolume;
}

/**
 * ∫ f over (low, high), an end of which may be infinite: by Gauss–Legendre panels in a variable in which both ends are far away, so that
 * singularities at them do no harm.
 */
export function integrate(
  f: (x: number) => number,
  low: number,
  high: number,
  { center = 0, scale = 1, panels = 600 } = {},
): number {
  const [from, to] = [-18, 18];
  const step = (to - from) / panels;
  let sum = 0;
  for (let i = 0; i < panels; i++) {
    for (const t of [from + (i + 0.5 - NODE) * step, from + (i + 0.5 + NODE) * step]) {
      const [x, slope] = place(t, low, high, center, scale);
      const value = f(x) * slope;
      if (x > low && x < high && Number.isFinite(value)) sum += (value * step) / 2;
    }
  }
  return sum;
}

/** The node of two-point Gauss–Legendre quadrature. */
const NODE = 0.5 / Math.sqrt(3);

/** A point of (low, high) for t on the line, and its slope. */
function place(t: number, low: number, high: number, center: number, scale: number): [number, number] {
  if (Number.isFinite(low) && Number.isFinite(high)) {
    const share = 1 / (1 + Math.exp(-2 * t));
    const width = high - low;
    return [share < 0.5 ? low + width * share : high - width / (1 + Math.exp(2 * t)), 2 * width * share * (1 - share)];
  }
  if (Number.isFinite(low)) return [low + scale * Math.exp(t), scale * Math.exp(t)];
  return [center + scale * Math.sinh(t / 2), (scale / 2) * Math.cosh(t / 2)];
}
