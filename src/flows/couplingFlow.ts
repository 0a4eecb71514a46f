import type { Bijector } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/chain.ts';
import type { ElementwiseFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { Conditioned } from '../bijectors/layers/conditioned.ts';
import { Coupling } from '../bijectors/layers/coupling.ts';
import type { Activation } from '../nn/activation.ts';
import type { Rng } from '../random.ts';
import { initialFactor } from './initialFactor.ts';

export interface CouplingFlowOptions {
  /** The size of one event. */
  readonly dim: number;
  /** The size of the context, 0 for none. */
  readonly contextDim?: number;
  /** How many coupling layers; neighbours transform opposite halves. */
  readonly layers?: number;
  /** Widths of the hidden layers of each layer's network. */
  readonly hidden?: readonly number[];
  readonly activation?: Activation | undefined;
  /** The standard deviation before training; 1. Any other is a learnable factor of each component, after the last layer. */
  readonly initialScale?: number;
  readonly rng: Rng;
}

/**
 * Coupling layers over one elementwise family, alternating which half they transform. With one dimension there is no
 * other half to look at, and each layer's parameters come from the context alone.
 */
export function couplingLayers(family: ElementwiseFamily, options: CouplingFlowOptions): Bijector {
  const { dim, contextDim = 0, layers = 4, hidden = [64, 64], activation = 'tanh', initialScale = 1, rng } = options;
  if (!Number.isInteger(layers) || layers < 1)
    throw new Error(`flow: wanted a positive number of layers, got ${layers}`);
  const couplings = Array.from({ length: layers }, (_, i) => {
    const shared = { dim, family, contextDim, hidden, activation, rng: rng.split(i) };
    return dim === 1
      ? new Conditioned(shared)
      : new Coupling({ ...shared, transformed: i % 2 === 0 ? 'second' : 'first' });
  });
  return new Chain(initialScale === 1 ? couplings : [initialFactor(dim, initialScale), ...couplings]);
}
