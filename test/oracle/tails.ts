import { erf } from './erf.ts';

/** Distribution functions in float64, each as its definition has it, with its tails where 1 − F would cancel. */

export interface Tails64 {
  readonly below: number;
  readonly above: number;
}

/** 1 − Φ(x): by the error function near the middle, by Laplace's continued fraction beyond. */
export function normalAbove(x: number): number {
  if (x < 2) return 0.5 * (1 - erf(x / Math.SQRT2));
  let fraction = x;
  for (let n = 300; n > 0; n--) fraction = x + n / fraction;
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI) / fraction;
}

export const normalTails = (x: number, mu: number, sigma: number): Tails64 => {
  const z = (x - mu) / sigma;
  return { below: normalAbove(-z), above: normalAbove(z) };
};

export const logisticTails = (x: number, mu: number, s: number): Tails64 => {
  const z = (x - mu) / s;
  return { below: 1 / (1 + Math.exp(-z)), above: 1 / (1 + Math.exp(z)) };
};

export const gumbelTails = (x: number, mu: number, s: number): Tails64 => {
  const e = Math.exp(-(x - mu) / s);
  return { below: Math.exp(-e), above: -Math.expm1(-e) };
};

export const laplaceTails = (x: number, mu: number, s: number): Tails64 => {
  const z = (x - mu) / s;
  const small = Math.exp(-Math.abs(z)) / 2;
  return z < 0 ? { below: small, above: 1 - small } : { below: 1 - small, above: small };
};

export const cauchyTails = (x: number, mu: number, s: number): Tails64 => {
  const z = (x - mu) / s;
  const tail = (t: number) => (t > 1 ? Math.atan(1 / t) / Math.PI : 0.5 - Math.atan(t) / Math.PI);
  return { below: tail(-z), above: tail(z) };
};

export const exponentialTails = (x: number, rate: number): Tails64 => ({
  below: -Math.expm1(-rate * x),
  above: Math.exp(-rate * x),
});

export const kumaraswamyTails = (x: number, a: number, b: number): Tails64 => {
  const log = b * Math.log1p(-(x ** a));
  return { below: -Math.expm1(log), above: Math.exp(log) };
};

/** ∫ of the normal density between two points, relative to its greatest value in the interval [low, high]. */
export function normalPiece(from: number, to: number, mu: number, sigma: number, low: number, high: number): number {
  const mode = Math.min(Math.max(mu, low), high);
  const density = (x: number) => Math.exp(-((x - mode) * (x + mode - 2 * mu)) / (2 * sigma * sigma));
  // To where it has fallen by e⁻⁸⁰ from what is greatest between the two points.
  const nearest = Math.min(Math.max(mu, from), to);
  const r = Math.abs(nearest - mu) / sigma;
  const reach = (160 / (r + Math.sqrt(r * r + 160))) * sigma;
  const [start, end] = [Math.max(from, nearest - reach), Math.min(to, nearest + reach)];
  if (!(start < end)) return 0;
  const panels = 400;
  let sum = 0;
  for (let i = 0; i < panels; i++) {
    const [left, right] = [start + ((end - start) * i) / panels, start + ((end - start) * (i + 1)) / panels];
    for (const [node, weight] of GAUSS) sum += density(left + (right - left) * node) * weight * (right - left);
  }
  return sum;
}

/** Gauss–Legendre with three nodes on [0, 1]. */
const GAUSS: readonly [node: number, weight: number][] = [
  [0.5 - Math.sqrt(0.15), 5 / 18],
  [0.5, 4 / 9],
  [0.5 + Math.sqrt(0.15), 5 / 18],
];

const masses = new Map<string, number>();

/** The whole of {@link normalPiece}. It is kept: who integrates a density asks for it at every point. */
function normalMass(mu: number, sigma: number, low: number, high: number): number {
  const key = [mu, sigma, low, high].join();
  const mass = masses.get(key) ?? normalPiece(low, high, mu, sigma, low, high);
  masses.set(key, mass);
  return mass;
}

export const truncatedNormalTails = (x: number, mu: number, sigma: number, low: number, high: number): Tails64 => {
  const whole = normalMass(mu, sigma, low, high);
  return {
    below: normalPiece(low, x, mu, sigma, low, high) / whole,
    above: normalPiece(x, high, mu, sigma, low, high) / whole,
  };
};

export const truncatedNormalLogPdf = (x: number, mu: number, sigma: number, low: number, high: number): number => {
  const mode = Math.min(Math.max(mu, low), high);
  const fall = ((x - mode) * (x + mode - 2 * mu)) / (2 * sigma * sigma);
  return -fall - Math.log(normalMass(mu, sigma, low, high));
};

/** The x with P(X ≤ x) = p, by bisection of the smaller tail. */
export function quantile64(tails: (x: number) => Tails64, p: number, above: number, low: number, high: number): number {
  const isBelow = (x: number) => (p < above ? tails(x).below < p : tails(x).above > above);
  let [from, to] = [low, high];
  for (let i = 0; i < 200; i++) {
    const middle = (from + to) / 2;
    if (middle === from || middle === to) break;
    if (isBelow(middle)) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}
