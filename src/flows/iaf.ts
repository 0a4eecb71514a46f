import { affineFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { type AutoregressiveFlowOptions, autoregressiveLayers } from './autoregressiveFlow.ts';
import { Flow } from './flow.ts';

/**
 * Inverse autoregressive flow: xᵢ = shift + exp(logScale) · zᵢ, both of them functions of the entries of z before i and the context.
 * A sample with its log-probability is one pass of each layer's network, the density of a given x one entry after the other. Before
 * training it is N(0, initialScale²).
 *
 * Kingma et al., "Improving Variational Inference with Inverse Autoregressive Flow", arXiv:1606.04934.
 */
export function iaf(options: AutoregressiveFlowOptions): Flow {
  const { dim, contextDim = 0 } = options;
  return new Flow({ dim, contextDim, bijector: autoregressiveLayers(affineFamily, 'forward', options) });
}
