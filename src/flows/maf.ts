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
 * Masked autoregressive flow: xᵢ = shift + exp(logScale) · zᵢ, both of them functions of the entries of x before i and the context.
 * A density is one pass of each layer's network, a sample one entry after the other. Before training it is N(0, initialScale²).
 *
 * With one layer each entry is a Gaussian given those before it; in one dimension the flow is one.
 *
 * Papamakarios, Pavlakou & Murray, "Masked Autoregressive Flow for Density Estimation", arXiv:1705.07057.
 */
export function maf(options: AutoregressiveFlowOptions): Flow {
  const parsed = parseOptions('maf', autoregressiveFlowOptions, options);
  const { dim, contextDim } = parsed;
  return new Flow({ dim, contextDim, bijector: autoregressiveLayers(affineFamily, 'inverse', parsed) });
}

export const mafDefinition = {
  description: 'masked autoregressive flow: affine',
  sequential: 'sampling',
  schema: autoregressiveFlowOptions,
  options: { layers, orders },
  make: maf,
} satisfies FlowDefinition;
