import { z } from 'zod';
import { sylvesterFamily } from '../bijectors/layers/sylvester.ts';
import { parseOptions } from '../options/parseOptions.ts';
import type { Flow } from './flow.ts';
import type { FlowDefinition } from './flowDefinition.ts';
import { layersOption } from './flowOptions.ts';
import { flowSizes } from './flowSizes.ts';
import { vectorFlow } from './vectorFlow.ts';

const options = {
  layers: layersOption(4, 'maps, each with a network where there is a context'),
  rank: z.int().positive().default(4).meta({
    description: 'directions along which each map bends; more than the numbers of an event count as that many',
    unit: 'directions',
  }),
};

export const sylvesterFlowOptions = flowSizes.extend(options);

/** Options of {@link sylvesterFlow}. */
export type SylvesterFlowOptions = z.input<typeof sylvesterFlowOptions>;

/**
 * Sylvester flow: layers x + Q R tanh(R̃ Qᵀ x + b) on a Gaussian. The inverse, and so the density at a point that is not a sample, takes
 * `rank` roots a layer.
 *
 * van den Berg et al., "Sylvester Normalizing Flows for Variational Inference", arXiv:1803.05649.
 */
export function sylvesterFlow(options: SylvesterFlowOptions): Flow {
  const { rank, ...sizes } = parseOptions('sylvesterFlow', sylvesterFlowOptions, options);
  return vectorFlow(sylvesterFamily({ rank }), sizes);
}

export const sylvesterFlowDefinition = {
  description: 'Sylvester flow: bends along several directions at once in each layer',
  schema: sylvesterFlowOptions,
  options,
  make: sylvesterFlow,
} satisfies FlowDefinition;
