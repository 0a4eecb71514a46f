import type { z } from 'zod';
import { Chain } from '../bijectors/chain.ts';
import { affineFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { Conditioned } from '../bijectors/layers/conditioned.ts';
import type { VectorFamily } from '../bijectors/layers/vectorFamily.ts';
import { Flow } from './flow.ts';
import type { flowSizes } from './flowSizes.ts';

/** Maps of one family of maps of vectors on a Gaussian of any mean and scale, all functions of the context where there is one. */
export function vectorFlow(
  family: VectorFamily,
  { layers, rng, ...sizes }: z.output<typeof flowSizes> & { readonly layers: number },
): Flow {
  const { dim, contextDim } = sizes;
  const maps = Array.from({ length: layers }, (_, i) => new Conditioned({ ...sizes, family, rng: rng.split(i) }));
  const base = new Conditioned({ ...sizes, family: affineFamily, rng: rng.split('base') });
  return new Flow({ dim, contextDim, bijector: new Chain([...maps, base]) });
}
