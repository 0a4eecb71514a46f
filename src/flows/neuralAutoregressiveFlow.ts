import { z } from 'zod';
import { deepSigmoidalFamily } from '../bijectors/elementwise/deepSigmoidal.ts';
import { parseOptions } from '../options/parseOptions.ts';
import type { Flow } from './flow.ts';
import type { FlowDefinition } from './flowDefinition.ts';
import { tailsOption } from './flowOptions.ts';
import { monotoneAutoregressiveFlow, monotoneAutoregressiveFlowOptions } from './monotoneAutoregressiveFlow.ts';

const { layers, orders } = monotoneAutoregressiveFlowOptions.shape;
const options = {
  layers,
  orders,
  bound: tailsOption,
  depth: z.int().positive().default(2).meta({ description: 'layers of each monotone network', unit: 'layers' }),
  units: z.int().positive().default(8).meta({ description: 'sigmoids of each of them', unit: 'sigmoids' }),
};

export const neuralAutoregressiveFlowOptions = monotoneAutoregressiveFlowOptions.extend(options);

/** Options of {@link neuralAutoregressiveFlow}. */
export type NeuralAutoregressiveFlowOptions = z.input<typeof neuralAutoregressiveFlowOptions>;

/**
 * Neural autoregressive flow: each entry through a monotone network, a deep sigmoidal one, whose weights are functions of the
 * entries before it and the context. Before training it is N(0, initialScale²).
 *
 * Huang et al., "Neural autoregressive flows", arXiv:1804.00779.
 */
export function neuralAutoregressiveFlow(options: NeuralAutoregressiveFlowOptions): Flow {
  const { depth, units, bound, ...monotone } = parseOptions(
    'neuralAutoregressiveFlow',
    neuralAutoregressiveFlowOptions,
    options,
  );
  return monotoneAutoregressiveFlow(deepSigmoidalFamily({ layers: depth, units, bound }), monotone);
}

export const neuralAutoregressiveFlowDefinition = {
  description: 'neural autoregressive flow: monotone networks, deep sigmoidal',
  sequential: 'sampling',
  schema: neuralAutoregressiveFlowOptions,
  options,
  make: neuralAutoregressiveFlow,
} satisfies FlowDefinition;
