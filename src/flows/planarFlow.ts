import type { z } from 'zod';
import { planarFamily } from '../bijectors/layers/planar.ts';
import { parseOptions } from '../options/parseOptions.ts';
import type { Flow } from './flow.ts';
import type { FlowDefinition } from './flowDefinition.ts';
import { layersOption } from './flowOptions.ts';
import { flowSizes } from './flowSizes.ts';
import { vectorFlow } from './vectorFlow.ts';

const options = {
  layers: layersOption(8, 'bends, each with a network where there is a context'),
};

export const planarFlowOptions = flowSizes.extend(options);

/** Options of {@link planarFlow}. */
export type PlanarFlowOptions = z.input<typeof planarFlowOptions>;

/**
 * Planar flow: layers x + û tanh(wᵀx + b) on a Gaussian. The inverse, and so the density at a point that is not a sample, takes a root a layer.
 *
 * Rezende & Mohamed, "Variational Inference with Normalizing Flows", arXiv:1505.05770.
 */
export function planarFlow(options: PlanarFlowOptions): Flow {
  return vectorFlow(planarFamily, parseOptions('planarFlow', planarFlowOptions, options));
}

export const planarFlowDefinition = {
  description: 'planar flow: bends along one direction in each layer',
  schema: planarFlowOptions,
  options,
  make: planarFlow,
} satisfies FlowDefinition;
