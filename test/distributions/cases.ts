import type * as tf from '@tensorflow/tfjs-core';
import * as o from '../../src/index.ts';
import { normalLogPdf } from '../oracle/densities.ts';
import { betaTails64, gammaTails64 } from '../oracle/incomplete.ts';
import * as pdf from '../oracle/scalarDensities.ts';
import * as tails from '../oracle/tails.ts';

export type Parameters = Record<string, tf.Tensor>;
export type Oracle<T> = (x: number, ...parameters: number[]) => T;

/** A distribution of single numbers, and what it is in float64. */
export interface ScalarCase {
  readonly name: string;
  /** Values of each parameter, one for each distribution of the batch. */
  readonly parameters: Record<string, number[]>;
  /** Others where it is about tails. */
  readonly inTails?: Record<string, number[]>;
  readonly make: (parameters: Parameters) => o.Distribution;
  /** log p(x), of parameters in the order above. */
  readonly logPdf: Oracle<number>;
  /** P(X ≤ x) and P(X > x). */
  readonly tails?: Oracle<tails.Tails64>;
  readonly support: readonly [low: number, high: number];
  /** Center and scale of each distribution of the batch, for quadrature on the line. */
  readonly about?: (...parameters: number[]) => [number, number];
  /** Points outside of the support. */
  readonly outside?: number[];
  /** Whether one of the batch has no mode inside of the support, where the density is finite. */
  readonly hasNoMode?: true;
  readonly hasNoMoments?: true;
  /** Relative bound of the gradients of samples that are not written in closed form; 10⁻⁴ else. */
  readonly slopeBound?: number;
  /** How many times as large as usual the errors of tails may be. */
  readonly conditioning?: number;
}

export const [LOW, HIGH] = [-1, 2];
const [NONE, ALL] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
export const LINE = [NONE, ALL] as const;
export const byLogScale =
  <T>(oracle: (x: number, loc: number, scale: number) => T): Oracle<T> =>
  (x, loc, logScale) =>
    oracle(x, loc!, Math.exp(logScale!));
export const parameters = { loc: [0.4, -2, 1.5, 3], logScale: [0.3, -1.2, 0.9, -0.1] };
const about = (loc: number, logScale: number): [number, number] => [loc, Math.exp(logScale)];

/** A distribution whose options are the parameters, with others that are the same for all. */
const of =
  (Kind: new (options: never) => o.Distribution, others: object = {}) =>
  (own: Parameters): o.Distribution =>
    new Kind({ ...own, ...others } as never);
const locationScale = (
  Kind: new (options: never) => o.Distribution,
  logPdf: (x: number, loc: number, scale: number) => number,
  ofTails: (x: number, loc: number, scale: number) => tails.Tails64,
): ScalarCase => ({
  ...{ name: Kind.name, parameters, make: of(Kind), support: LINE, about },
  ...{ logPdf: byLogScale(logPdf), tails: byLogScale(ofTails) },
});

/** Student's t at z, by the beta distribution of ν/(ν + z²). */
export function studentTails64(z: number, df: number): tails.Tails64 {
  const beyond = betaTails64(df / 2, 0.5, Math.log(df) - 2 * Math.log(Math.abs(z))).below / 2;
  return z < 0 ? { below: beyond, above: 1 - beyond } : { below: 1 - beyond, above: beyond };
}

/** Through f, which rises or falls: what lies below y lies below f⁻¹(y), or above. */
export const through =
  (oracle: Oracle<tails.Tails64>, inverse: Oracle<number>, isFalling = false): Oracle<tails.Tails64> =>
  (y, ...own) => {
    const { below, above } = oracle(inverse(y, ...own), ...own);
    return isFalling ? { below: above, above: below } : { below, above };
  };

export const CASES: readonly ScalarCase[] = [
  locationScale(o.Normal, normalLogPdf, tails.normalTails),
  locationScale(o.Logistic, pdf.logisticLogPdf, tails.logisticTails),
  // P = exp(−e^−z) magnifies the rounding of z.
  { ...locationScale(o.Gumbel, pdf.gumbelLogPdf, tails.gumbelTails), conditioning: 8 },
  locationScale(o.Laplace, pdf.laplaceLogPdf, tails.laplaceTails),
  {
    ...locationScale(o.Cauchy, pdf.cauchyLogPdf, tails.cauchyTails),
    // 2·10⁻⁶ of the mass lies beyond 4,000 times that.
    about: (loc, logScale) => [loc!, 100 * Math.exp(logScale!)],
    hasNoMoments: true,
  },
  {
    name: 'LogNormal',
    parameters: { loc: [0.4, -2, 1.5, 3], logScale: [-0.5, -1.2, -0.7, -2] },
    make: of(o.LogNormal),
    logPdf: byLogScale(pdf.logNormalLogPdf),
    tails: through(byLogScale(tails.normalTails), Math.log),
    support: [0, ALL],
    about: (loc) => [0, Math.exp(loc!)],
    outside: [-1, 0, -1e30],
    // The logarithm of x is rounded, and divided by a small scale.
    conditioning: 4,
  },
  {
    name: 'Exponential',
    parameters: { logRate: [0, 2, -3, 0.5] },
    make: of(o.Exponential),
    logPdf: (x, logRate) => pdf.exponentialLogPdf(x, Math.exp(logRate!)),
    tails: (x, logRate) => tails.exponentialTails(x, Math.exp(logRate!)),
    support: [0, ALL],
    about: (logRate) => [0, Math.exp(-logRate!)],
    outside: [-1, -1e-30, -1e30, -3e38],
  },
  {
    name: 'Kumaraswamy',
    parameters: { concentration1: [0.6, 2, 7, 1.5, 20], concentration0: [0.8, 3, 0.7, 25, 40] },
    inTails: { concentration1: [0.6, 2, 7, 1], concentration0: [0.8, 3, 0.7, 25] },
    make: of(o.Kumaraswamy),
    logPdf: pdf.kumaraswamyLogPdf as Oracle<number>,
    tails: tails.kumaraswamyTails as Oracle<tails.Tails64>,
    support: [0, 1],
    outside: [-0.1, 1.1, 1e30],
    conditioning: 4,
  },
  {
    name: 'Beta',
    parameters: { concentration1: [0.6, 2, 7, 40, 900], concentration0: [0.8, 3, 0.7, 25, 1500] },
    inTails: { concentration1: [0.6, 2, 70, 1], concentration0: [0.8, 3, 1.7, 25] },
    make: of(o.Beta),
    logPdf: pdf.betaLogPdf as Oracle<number>,
    tails: (x, a, b) => betaTails64(a!, b!, Math.log(x) - Math.log1p(-x)),
    support: [0, 1],
    outside: [-0.1, 1.1, 1e30],
    hasNoMode: true,
    slopeBound: 2e-4,
    conditioning: 4,
  },
  {
    name: 'Gamma',
    parameters: { concentration: [1.2, 2, 7, 40, 900], logRate: [0, -1, 2, 0.5, 3] },
    inTails: { concentration: [0.6, 2, 70, 1], logRate: [0, 2, -3, 0.5] },
    make: of(o.Gamma),
    logPdf: (x, a, logRate) => pdf.gammaLogPdf(x, a!, Math.exp(logRate!)),
    tails: (x, a, logRate) => gammaTails64(a!, Math.log(x) + logRate!),
    support: [0, ALL],
    about: (a, logRate) => [0, a! * Math.exp(-logRate!)],
    outside: [-1, -1e-30, -1e30],
    conditioning: 4,
  },
  {
    name: 'StudentT',
    parameters: { df: [5, 8, 30, 200], ...parameters },
    inTails: { df: [1.6, 2, 70, 5], ...parameters },
    make: of(o.StudentT),
    logPdf: (x, df, loc, logScale) => pdf.studentTLogPdf(x, df!, loc!, Math.exp(logScale!)),
    tails: (x, df, loc, logScale) => studentTails64((x - loc!) / Math.exp(logScale!), df!),
    support: LINE,
    about: (_, loc, logScale) => about(loc!, logScale!),
    conditioning: 4,
  },
  {
    name: 'TruncatedNormal',
    parameters: { loc: [0.4, -2, 5, 0.1, -30], logScale: [0.3, -0.2, 0.9, 3, 0.5] },
    inTails: { loc: [0.4, -2, 5, 0], logScale: [0.3, -0.2, 0.9, 3] },
    make: of(o.TruncatedNormal, { low: LOW, high: HIGH }),
    logPdf: (x, loc, logScale) => tails.truncatedNormalLogPdf(x, loc!, Math.exp(logScale!), LOW, HIGH),
    tails: (x, loc, logScale) => tails.truncatedNormalTails(x, loc!, Math.exp(logScale!), LOW, HIGH),
    support: [LOW, HIGH],
    outside: [LOW - 0.1, HIGH + 0.1, 1e30],
  },
  {
    name: 'VonMises',
    parameters: { loc: [0.4, -3, 1.5, 3, 0], concentration: [0.2, 1, 4, 15, 300] },
    make: of(o.VonMises),
    logPdf: pdf.vonMisesLogPdf as Oracle<number>,
    support: [-Math.PI, Math.PI],
  },
];
