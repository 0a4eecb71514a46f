import { z } from 'zod';
import { bernsteinFamily } from '../bijectors/elementwise/bernstein.ts';
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
  degree: z.int().positive().default(16).meta({ description: 'degree of each polynomial', unit: 'powers' }),
};

export const bernsteinFlowOptions = monotoneAutoregressiveFlowOptions.extend(options);

/** Options of {@link bernsteinFlow}. */
export type BernsteinFlowOptions = z.input<typeof bernsteinFlowOptions>;

/**
 * Bernstein polynomial flow: each entry through an increasing Bernstein polynomial whose coefficients are functions of the entries
 * before it and the context. Before training it is N(0, initialScale²).
 *
 * Sick, Hothorn & Dürr, arXiv:2004.00464; Ramasinghe et al., "Robust normalizing flows using Bernstein-type polynomials",
 * arXiv:2102.03509.
 */
export function bernsteinFlow(options: BernsteinFlowOptions): Flow {
  const { degree, bound, ...monotone } = parseOptions('bernsteinFlow', bernsteinFlowOptions, options);
  return monotoneAutoregressiveFlow(bernsteinFamily({ degree, bound }), monotone);
}

export const bernsteinFlowDefinition = {
  description: 'autoregressive flow of Bernstein polynomials',
  sequential: 'sampling',
  schema: bernsteinFlowOptions,
  options,
  make: bernsteinFlow,
} satisfies FlowDefinition;
