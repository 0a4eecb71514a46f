import type { Activation } from '../nn/activation.ts';
import type { Rng } from '../random.ts';

/** What every family of flows takes. */
export interface FlowSizes {
  /** The size of one event. */
  readonly dim: number;
  /** The size of the context, 0 for none. */
  readonly contextDim?: number;
  /** Widths of the hidden layers of each network; a family may have networks only where there is a context. */
  readonly hidden?: readonly number[];
  readonly activation?: Activation | undefined;
  readonly rng: Rng;
}

/** What families take whose layers begin as the identity. */
export interface LayeredFlowSizes extends FlowSizes {
  /** How many layers. */
  readonly layers?: number;
  /** The standard deviation before training; 1. Any other is a learnable factor of each component, after the last layer. */
  readonly initialScale?: number;
}
