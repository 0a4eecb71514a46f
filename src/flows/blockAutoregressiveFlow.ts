import { z } from 'zod';
import { BlockAutoregressive } from '../bijectors/layers/blockAutoregressive.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { Flow } from './flow.ts';
import type { FlowDefinition } from './flowDefinition.ts';
import { layeredSizes, layersOption, parallelOption } from './flowOptions.ts';
import { reverseInTurn } from './reverseInTurn.ts';
import { stackLayers } from './stackLayers.ts';

const options = { layers: layersOption(2, 'networks, each in the opposite order of the one before') };

export const blockAutoregressiveFlowOptions = layeredSizes.extend({
  ...options,
  hidden: layeredSizes.shape.hidden.describe(
    "widths of each network's hidden layers; their units are dealt out to the numbers and the context",
  ),
  activation: z.literal('tanh').default('tanh').describe('activation after each hidden layer; no other will do'),
  parallel: parallelOption,
});

/** Options of {@link blockAutoregressiveFlow}. */
export type BlockAutoregressiveFlowOptions = z.input<typeof blockAutoregressiveFlowOptions>;

/**
 * Block neural autoregressive flow: all numbers through one network that increases in each of them, given those before it
 * and the context; see {@link BlockAutoregressive}. Each network takes the numbers in the opposite order of the one before. A density is one pass of each network, a sample one root after the other.
 * Before training it is near N(0, initialScale²).
 *
 * De Cao, Titov & Aziz, "Block neural autoregressive flow", arXiv:1904.04676.
 */
export function blockAutoregressiveFlow(options: BlockAutoregressiveFlowOptions): Flow {
  const parsed = parseOptions('blockAutoregressiveFlow', blockAutoregressiveFlowOptions, options);
  const { dim, contextDim, layers, parallel, hidden, initialScale, rng } = parsed;
  const bijector = stackLayers({ dim, layers, initialScale }, (i) =>
    reverseInTurn(i, dim, new BlockAutoregressive({ dim, contextDim, parallel, hidden, rng: rng.split(i) })),
  );
  return new Flow({ dim, contextDim, bijector });
}

export const blockAutoregressiveFlowDefinition = {
  description: 'block neural autoregressive flow: one network that increases in every number',
  sequential: 'sampling',
  schema: blockAutoregressiveFlowOptions,
  options,
  // Its networks have the only activation that they can have.
  make: ({ activation: _, ...sizes }) => blockAutoregressiveFlow(sizes),
} satisfies FlowDefinition<typeof options>;
