import { Chain } from '../bijectors/chain.ts';
import { additiveFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { type CouplingFlowOptions, couplingFlowOptions, couplingLayers } from './couplingFlow.ts';
import { Flow } from './flow.ts';
import type { FlowDefinition } from './flowDefinition.ts';
import { initialFactor } from './initialFactor.ts';

const { layers } = couplingFlowOptions.shape;

/**
 * NICE: additive couplings, then a learned factor for each dimension. Over a Gaussian it has one mode, whatever its networks.
 *
 * Dinh, Krueger & Bengio, "NICE: Non-linear Independent Components Estimation", arXiv:1410.8516.
 */
export function nice(options: CouplingFlowOptions): Flow {
  const parsed = parseOptions('nice', couplingFlowOptions, options);
  const { dim, contextDim } = parsed;
  const bijector = new Chain([initialFactor(dim, 1), couplingLayers(additiveFamily, parsed)]);
  return new Flow({ dim, contextDim, bijector });
}

export const niceDefinition = {
  description: 'NICE flow: additive couplings, then a factor for each number; one mode',
  schema: couplingFlowOptions,
  options: { layers },
  make: nice,
} satisfies FlowDefinition;
