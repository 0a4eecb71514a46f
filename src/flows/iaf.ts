import { affineFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { parseOptions } from '../options/parseOptions.ts';
import {
  type AutoregressiveFlowOptions,
  autoregressiveFlowOptions,
  autoregressiveLayers,
} from './autoregressiveFlow.ts';
import { Flow } from './flow.ts';
import type { FlowDefinition } from './flowDefinition.ts';

const { layers, orders } = autoregressiveFlowOptions.shape;

/**
 * Inverse autoregressive flow: xᵢ = shift + exp(logScale) · zᵢ, both of them functions of the entries of z before i and the context.
 * A sample with its log-probability is one pass of each layer's network, the density of a given x one entry after the other. Before
 * training it is N(0, initialScale²).
 *
 * Kingma et al., "Improving Variational Inference with Inverse Autoregressive Flow", arXiv:1606.04934.
 */
export function iaf(options: AutoregressiveFlowOptions): Flow {
  const parsed = parseOptions('iaf', autoregressiveFlowOptions, options);
  const { dim, contextDim } = parsed;
  return new Flow({ dim, contextDim, bijector: autoregressiveLayers(affineFamily, 'forward', parsed) });
}

export const iafDefinition = {
  description: 'inverse autoregressive flow: affine',
  sequential: 'density',
  schema: autoregressiveFlowOptions,
  options: { layers, orders },
  make: iaf,
} satisfies FlowDefinition;
