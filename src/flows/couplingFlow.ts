import type { Bijector } from '../bijectors/bijector.ts';
import type { ElementwiseFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { Conditioned } from '../bijectors/layers/conditioned.ts';
import { Coupling } from '../bijectors/layers/coupling.ts';
import type { Activation } from '../nn/activation.ts';
import type { Rng } from '../random.ts';
import { stackLayers } from './stackLayers.ts';

/** Options of coupling flows. */
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
  const { dim, contextDim = 0, hidden = [64, 64], activation = 'tanh', rng } = options;
  return stackLayers(options, (i) => {
    const shared = { dim, family, contextDim, hidden, activation, rng: rng.split(i) };
    return dim === 1
      ? new Conditioned(shared)
      : new Coupling({ ...shared, transformed: i % 2 === 0 ? 'second' : 'first' });
  });
}
