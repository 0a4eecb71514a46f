import { sumOfSquaresFamily } from '../bijectors/elementwise/sumOfSquares.ts';
import type { Flow } from './flow.ts';
import { type MonotoneAutoregressiveFlowOptions, monotoneAutoregressiveFlow } from './monotoneAutoregressiveFlow.ts';

/** Options of {@link sumOfSquaresFlow}. */
export interface SumOfSquaresFlowOptions extends MonotoneAutoregressiveFlowOptions {
  /** How many polynomials are squared. */
  readonly polynomials?: number;
  /** Their degree. */
  readonly degree?: number;
}

/**
 * Sum-of-squares polynomial flow: each entry through the integral of a sum of squared polynomials whose coefficients are functions
 * of the entries before it and the context. Before training it is N(0, initialScale²).
 *
 * Jaini, Selby & Yu, "Sum-of-squares polynomial flow", arXiv:1905.02325.
 */
export function sumOfSquaresFlow({
  polynomials = 3,
  degree = 4,
  bound = 5,
  ...options
}: SumOfSquaresFlowOptions): Flow {
  return monotoneAutoregressiveFlow(sumOfSquaresFamily({ polynomials, degree, bound }), options);
}
