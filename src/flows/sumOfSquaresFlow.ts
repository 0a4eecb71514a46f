import { z } from 'zod';
import { sumOfSquaresFamily } from '../bijectors/elementwise/sumOfSquares.ts';
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
  polynomials: z.int().positive().default(3).meta({ description: 'polynomials that are squared', unit: 'polynomials' }),
  degree: z.int().positive().default(4).meta({ description: 'degree of each of them', unit: 'powers' }),
};

export const sumOfSquaresFlowOptions = monotoneAutoregressiveFlowOptions.extend(options);

/** Options of {@link sumOfSquaresFlow}. */
export type SumOfSquaresFlowOptions = z.input<typeof sumOfSquaresFlowOptions>;

/**
 * Sum-of-squares polynomial flow: each entry through the integral of a sum of squared polynomials whose coefficients are functions
 * of the entries before it and the context. Before training it is N(0, initialScale²).
 *
 * Jaini, Selby & Yu, "Sum-of-squares polynomial flow", arXiv:1905.02325.
 */
export function sumOfSquaresFlow(options: SumOfSquaresFlowOptions): Flow {
  const { polynomials, degree, bound, ...monotone } = parseOptions(
    'sumOfSquaresFlow',
    sumOfSquaresFlowOptions,
    options,
  );
  return monotoneAutoregressiveFlow(sumOfSquaresFamily({ polynomials, degree, bound }), monotone);
}

export const sumOfSquaresFlowDefinition = {
  description: 'autoregressive flow of sum-of-squares polynomials',
  sequential: 'sampling',
  schema: sumOfSquaresFlowOptions,
  options,
  make: sumOfSquaresFlow,
} satisfies FlowDefinition;
