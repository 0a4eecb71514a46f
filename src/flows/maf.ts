import { affineFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { type AutoregressiveFlowOptions, autoregressiveLayers } from './autoregressiveFlow.ts';
import { Flow } from './flow.ts';

/**
 * Masked autoregressive flow: xᵢ = shift + exp(logScale) · zᵢ, both of them functions of the entries of x before i and the context.
 * A density is one pass of each layer's network, a sample one entry after the other. Before training it is N(0, initialScale²).
 *
 * With one layer each entry is a Gaussian given those before it; in one dimension the flow is one.
 *
 * Papamakarios, Pavlakou & Murray, "Masked Autoregressive Flow for Density Estimation", arXiv:1705.07057.
 */
export function maf(options: AutoregressiveFlowOptions): Flow {
  const { dim, contextDim = 0 } = options;
  return new Flow({ dim, contextDim, bijector: autoregressiveLayers(affineFamily, 'inverse', options) });
}
