import type { Bijector } from '../bijectors/bijector.ts';
import type { ElementwiseFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { Conditioned } from '../bijectors/layers/conditioned.ts';
import { Coupling } from '../bijectors/layers/coupling.ts';
import type { LayeredFlowSizes } from './flowSizes.ts';
import { stackLayers } from './stackLayers.ts';

/** Options of coupling flows, in which neighbouring layers transform opposite halves. */
export type CouplingFlowOptions = LayeredFlowSizes;

/**
 * Coupling layers over one elementwise family, alternating which half they transform. With one dimension there is no
 * other half to look at, and each layer's parameters come from the context alone.
 */
export function couplingLayers(family: ElementwiseFamily, options: CouplingFlowOptions): Bijector {
  const { dim, contextDim = 0, hidden = [64, 64], activation = 'tanh', rng } = options;
  return stackLayers(options, (i) => {
    const shared = { dim, family, contextDim, hidden, activation, rng: rng.split(i) };
    return dim === 1
      ? new Conditioned(shared)
      : new Coupling({ ...shared, transformed: i % 2 === 0 ? 'second' : 'first' });
  });
}
