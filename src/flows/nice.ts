import { Chain } from '../bijectors/chain.ts';
import { additiveFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { type CouplingFlowOptions, couplingLayers } from './couplingFlow.ts';
import { Flow } from './flow.ts';
import { initialFactor } from './initialFactor.ts';

/**
 * NICE: additive couplings, then a learned factor for each dimension. Over a Gaussian it has one mode, whatever its networks.
 *
 * Dinh, Krueger & Bengio, "NICE: Non-linear Independent Components Estimation", arXiv:1410.8516.
 */
export function nice(options: CouplingFlowOptions): Flow {
  const { dim, contextDim = 0 } = options;
  const bijector = new Chain([initialFactor(dim, 1), couplingLayers(additiveFamily, options)]);
  return new Flow({ dim, contextDim, bijector });
}
