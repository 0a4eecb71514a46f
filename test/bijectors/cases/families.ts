import * as b from '../../../src/bijectors/index.ts';
import * as oracles from '../../oracle/bijectors.ts';

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
];
