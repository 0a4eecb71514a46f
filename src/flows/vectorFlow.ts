import { Chain } from '../bijectors/chain.ts';
import { affineFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { Conditioned } from '../bijectors/layers/conditioned.ts';
import type { VectorFamily } from '../bijectors/layers/vectorFamily.ts';
import { positiveInteger } from '../nn/positiveInteger.ts';
import { Flow } from './flow.ts';
import type { FlowSizes } from './flowSizes.ts';

/** Options of flows whose layers transform the vector as a whole. */
export interface VectorFlowOptions extends FlowSizes {
  /** How many maps of the family. */
  readonly layers?: number;
}

/** Maps of one family of maps of vectors on a Gaussian of any mean and scale, all functions of the context where there is one. */
export function vectorFlow(
  family: VectorFamily,
  { dim, contextDim = 0, layers = 8, hidden, activation, rng }: VectorFlowOptions,
): Flow {
  positiveInteger('flow', 'layers', layers);
  const shared = { dim, contextDim, ...(hidden !== undefined && { hidden }), activation };
  const maps = Array.from({ length: layers }, (_, i) => new Conditioned({ ...shared, family, rng: rng.split(i) }));
  const base = new Conditioned({ ...shared, family: affineFamily, rng: rng.split('base') });
  return new Flow({ dim, contextDim, bijector: new Chain([...maps, base]) });
}
