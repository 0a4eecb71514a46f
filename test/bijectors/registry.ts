import { autoregressive } from './cases/autoregressive.ts';
import type { BijectorCase } from './cases/bijectorCase.ts';
import { composed } from './cases/composed.ts';
import { continuous } from './cases/continuous.ts';
import { elementwise } from './cases/elementwise.ts';
import { layers } from './cases/layers.ts';
import { linear } from './cases/linear.ts';
import { lowRank } from './cases/lowRank.ts';
import { triangular } from './cases/triangular.ts';
import { vectorFamilies } from './cases/vectorFamilies.ts';

/** Every bijector. Each goes through all of properties.test.ts and gradients.slow.test.ts. */
export const registry: readonly BijectorCase[] = [
  ...elementwise,
  ...linear,
  ...lowRank,
  ...vectorFamilies,
  ...layers,
  ...autoregressive,
  ...triangular,
  ...continuous,
  ...composed,
];

/** Those whose inverse or log-determinant is found by many evaluations. */
export const isCostly = ({ name }: BijectorCase): boolean =>
  /NeuralOde|deepSigmoidal|unconstrainedMonotonic|gaussianization|sumOfSquares|bernstein|BlockAutoregressive/i.test(
    name,
  );

/** Of each family one layer by a context and one after another number: couplings take the same way as these. */
export const distinct = registry.filter(({ name }) => !/^(Coupling|Chain of couplings)(?! affine)| of 1,/.test(name));
