import type { Bijector } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/chain.ts';
import type { LayeredFlowSizes } from './flowSizes.ts';
import { initialFactor } from './initialFactor.ts';

/** Layers that begin as the identity, the first one outermost. @throws for a number of layers or a scale that is none */
export function stackLayers(
  { dim, layers = 4, initialScale = 1 }: Pick<LayeredFlowSizes, 'dim' | 'layers' | 'initialScale'>,
  layer: (index: number) => Bijector,
): Bijector {
  if (!Number.isInteger(layers) || layers < 1)
    throw new Error(`flow: wanted a positive number of layers, got ${layers}`);
  const parts = Array.from({ length: layers }, (_, i) => layer(i));
  return new Chain(initialScale === 1 ? parts : [initialFactor(dim, initialScale), ...parts]);
}
