import type { z } from 'zod';
import type { Bijector } from '../bijectors/bijector.ts';
import type { ElementwiseFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { Conditioned } from '../bijectors/layers/conditioned.ts';
import { Coupling } from '../bijectors/layers/coupling.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { layeredSizes, layersOption } from './flowOptions.ts';
import { stackLayers } from './stackLayers.ts';

export const couplingFlowOptions = layeredSizes.extend({ layers: layersOption(4) });

/** Options of coupling flows, in which neighbouring layers transform opposite halves. */
export type CouplingFlowOptions = z.input<typeof couplingFlowOptions>;

/**
 * Coupling layers over one elementwise family, alternating which half they transform. With one dimension there is no
 * other half to look at, and each layer's parameters come from the context alone.
 */
export function couplingLayers(family: ElementwiseFamily, options: CouplingFlowOptions): Bijector {
  const { rng, layers, initialScale, ...sizes } = parseOptions('couplingLayers', couplingFlowOptions, options);
  return stackLayers({ dim: sizes.dim, layers, initialScale }, (i) => {
    const shared = { ...sizes, family, rng: rng.split(i) };
    return sizes.dim === 1
      ? new Conditioned(shared)
      : new Coupling({ ...shared, transformed: i % 2 === 0 ? 'second' : 'first' });
  });
}
