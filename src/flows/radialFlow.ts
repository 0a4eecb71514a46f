import type { z } from 'zod';
import { radialFamily } from '../bijectors/layers/radial.ts';
import { parseOptions } from '../options/parseOptions.ts';
import type { Flow } from './flow.ts';
import type { FlowDefinition } from './flowDefinition.ts';
import { layersOption } from './flowOptions.ts';
import { flowSizes } from './flowSizes.ts';
import { vectorFlow } from './vectorFlow.ts';

const options = {
  layers: layersOption(8, 'centers, each with a network where there is a context'),
};

export const radialFlowOptions = flowSizes.extend(options);

/** Options of {@link radialFlow}. */
export type RadialFlowOptions = z.input<typeof radialFlowOptions>;

/**
 * Radial flow: layers x + β (x − c) / (α + ‖x − c‖) on a Gaussian, analytic both ways.
 *
 * Rezende & Mohamed, "Variational Inference with Normalizing Flows", arXiv:1505.05770.
 */
export function radialFlow(options: RadialFlowOptions): Flow {
  return vectorFlow(radialFamily, parseOptions('radialFlow', radialFlowOptions, options));
}

export const radialFlowDefinition = {
  description: 'radial flow: moves about one center in each layer',
  schema: radialFlowOptions,
  options,
  make: radialFlow,
} satisfies FlowDefinition;
