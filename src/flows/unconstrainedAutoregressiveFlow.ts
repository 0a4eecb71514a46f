import { z } from 'zod';
import { unconstrainedMonotonicFamily } from '../bijectors/elementwise/unconstrainedMonotonic.ts';
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
  units: z.int().positive().default(8).meta({ description: 'width of each positive network', unit: 'neurons' }),
};

export const unconstrainedAutoregressiveFlowOptions = monotoneAutoregressiveFlowOptions.extend(options);

/** Options of {@link unconstrainedAutoregressiveFlow}. */
export type UnconstrainedAutoregressiveFlowOptions = z.input<typeof unconstrainedAutoregressiveFlowOptions>;

/**
 * Unconstrained neural autoregressive flow: each entry through the integral of a positive network whose weights are functions of
 * the entries before it and the context. Before training it is N(0, initialScale²).
 *
 * Wehenkel & Louppe, "Unconstrained monotonic neural networks", arXiv:1908.05164.
 */
export function unconstrainedAutoregressiveFlow(options: UnconstrainedAutoregressiveFlowOptions): Flow {
  const { units, bound, ...monotone } = parseOptions(
    'unconstrainedAutoregressiveFlow',
    unconstrainedAutoregressiveFlowOptions,
    options,
  );
  return monotoneAutoregressiveFlow(unconstrainedMonotonicFamily({ units, bound }), monotone);
}

export const unconstrainedAutoregressiveFlowDefinition = {
  description: 'unconstrained neural autoregressive flow: integrals of positive networks',
  sequential: 'sampling',
  schema: unconstrainedAutoregressiveFlowOptions,
  options,
  make: unconstrainedAutoregressiveFlow,
} satisfies FlowDefinition;
