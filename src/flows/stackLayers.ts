import type { Bijector } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/chain.ts';
import { initialFactor } from './initialFactor.ts';

/** Layers that begin as the identity, the first one outermost. */
export function stackLayers(
  { dim, layers, initialScale }: { readonly dim: number; readonly layers: number; readonly initialScale: number },
  layer: (index: number) => Bijector,
): Bijector {
  const parts = Array.from({ length: layers }, (_, i) => layer(i));
  return new Chain(initialScale === 1 ? parts : [initialFactor(dim, initialScale), ...parts]);
}
