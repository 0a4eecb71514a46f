import type { Direction } from '../bijectors/bijector.ts';
import { BlockAutoregressive } from '../bijectors/layers/blockAutoregressive.ts';
import { Flow } from './flow.ts';
import type { LayeredFlowSizes } from './flowSizes.ts';
import { reverseInTurn } from './reverseInTurn.ts';
import { stackLayers } from './stackLayers.ts';

/** Options of {@link blockAutoregressiveFlow}. */
export interface BlockAutoregressiveFlowOptions extends Omit<LayeredFlowSizes, 'activation'> {
  /** The direction that is one pass, and a formula: 'inverse', the default, for densities, 'forward' for samples with their log-probabilities. */
  readonly parallel?: Direction;
  /** Widths of each network's hidden layers, whose units are dealt out to the numbers and the context; their activation is tanh. */
  readonly hidden?: readonly number[];
}

/**
 * Block neural autoregressive flow: all numbers through one network that increases in each of them, given those before it
 * and the context; see {@link BlockAutoregressive}. Each network takes the numbers in the opposite order of the one before. A density is one pass of each network, a sample one root after the other.
 * Before training it is near N(0, initialScale²).
 *
 * De Cao, Titov & Aziz, "Block neural autoregressive flow", arXiv:1904.04676.
 */
export function blockAutoregressiveFlow({
  dim,
  contextDim = 0,
  layers = 2,
  parallel = 'inverse',
  hidden = [64, 64],
  initialScale = 1,
  rng,
}: BlockAutoregressiveFlowOptions): Flow {
  const bijector = stackLayers({ dim, layers, initialScale }, (i) =>
    reverseInTurn(i, dim, new BlockAutoregressive({ dim, contextDim, parallel, hidden, rng: rng.split(i) })),
  );
  return new Flow({ dim, contextDim, bijector });
}
