import * as b from '../../../src/bijectors/index.ts';
import * as oracles from '../../oracle/bijectors.ts';
import * as monotone from '../../oracle/monotone.ts';

export const BINS = 4;
export const BOUND = 3;

export const cosSin = (x: number[]): number[] => [...x.map(Math.cos), ...x.map(Math.sin)];

/** One elementwise family under test, in every layer that takes one. */
export interface FamilyCase {
  readonly family: b.ElementwiseFamily;
  readonly oracle: oracles.FamilyOracle;
  readonly domain?: readonly [low: number, high: number];
  readonly angles?: boolean;
  /** What a network sees of numbers of this kind. */
  readonly shown?: (x: number[]) => number[];
}

/** Every family, with its oracle and what its bijectors need said. */
export const families: readonly FamilyCase[] = [
  { family: b.affineFamily, oracle: oracles.affine },
  { family: b.additiveFamily, oracle: oracles.additive },
  {
    family: b.rationalQuadraticSplineFamily({ bins: BINS, bound: BOUND }),
    oracle: oracles.spline(BINS, BOUND),
    domain: [-2.8, 2.8],
  },
  {
    family: b.circularSplineFamily({ bins: BINS }),
    oracle: oracles.circular(BINS),
    domain: [-3, 3],
    angles: true,
    shown: cosSin,
  },
  { family: b.bernsteinFamily({ degree: 4, bound: BOUND }), oracle: monotone.bernstein(4, BOUND) },
  {
    family: b.sumOfSquaresFamily({ polynomials: 2, degree: 2, bound: BOUND }),
    oracle: monotone.sumOfSquares(2, 2, BOUND),
  },
  { family: b.deepSigmoidalFamily({ layers: 2, units: 1, bound: BOUND }), oracle: monotone.deepSigmoidal(2, 1, BOUND) },
  {
    family: b.unconstrainedMonotonicFamily({ units: 2, bound: BOUND }),
    oracle: monotone.unconstrainedMonotonic(2, BOUND),
  },
  { family: b.gaussianizationFamily({ components: 2, bound: BOUND }), oracle: monotone.gaussianization(2, BOUND) },
];
