import type { Bijector } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/chain.ts';
import { initialFactor } from './initialFactor.ts';

export interface LayersOptions {
  /** The size of one event. */
  readonly dim: number;
  /** How many layers. */
  readonly layers?: number;
  /** The standard deviation before training; 1. Any other is a learnable factor of each component, after the last layer. */
  readonly initialScale?: number;
}

/** Layers that begin as the identity, the first one outermost. @throws for a number of layers or a scale that is none */
export function stackLayers(
  { dim, layers = 4, initialScale = 1 }: LayersOptions,
  layer: (index: number) => Bijector,
): Bijector {
  if (!Number.isInteger(layers) || layers < 1)
    throw new Error(`flow: wanted a positive number of layers, got ${layers}`);
  const parts = Array.from({ length: layers }, (_, i) => layer(i));
  return new Chain(initialScale === 1 ? parts : [initialFactor(dim, initialScale), ...parts]);
}
