import { affineFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { type CouplingFlowOptions, couplingFlowOptions, couplingLayers } from './couplingFlow.ts';
import { Flow } from './flow.ts';
import type { FlowDefinition } from './flowDefinition.ts';

const { layers } = couplingFlowOptions.shape;

/**
 * RealNVP: affine couplings. Each layer keeps one half of x and maps the other to shift + exp(logScale) · x, both of them
 * functions of the kept half and the context. Before training it is N(0, initialScale²).
 *
 * In one dimension this is a Gaussian.
 *
 * Dinh, Sohl-Dickstein & Bengio, "Density estimation using Real NVP", arXiv:1605.08803.
 */
export function realNvp(options: CouplingFlowOptions): Flow {
  const parsed = parseOptions('realNvp', couplingFlowOptions, options);
  const { dim, contextDim } = parsed;
  return new Flow({ dim, contextDim, bijector: couplingLayers(affineFamily, parsed) });
}

export const realNvpDefinition = {
  description: 'RealNVP flow: affine couplings',
  schema: couplingFlowOptions,
  options: { layers },
  make: realNvp,
} satisfies FlowDefinition;
