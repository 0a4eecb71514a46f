import { bernsteinFamily } from '../bijectors/elementwise/bernstein.ts';
import type { Flow } from './flow.ts';
import { type MonotoneAutoregressiveFlowOptions, monotoneAutoregressiveFlow } from './monotoneAutoregressiveFlow.ts';

/** Options of {@link bernsteinFlow}. */
export interface BernsteinFlowOptions extends MonotoneAutoregressiveFlowOptions {
  /** The degree of each polynomial. */
  readonly degree?: number;
}

/**
 * Bernstein polynomial flow: each entry through an increasing Bernstein polynomial whose coefficients are functions of the entries
 * before it and the context. Before training it is N(0, initialScale²).
 *
 * Sick, Hothorn & Dürr, arXiv:2004.00464; Ramasinghe et al., "Robust normalizing flows using Bernstein-type polynomials",
 * arXiv:2102.03509.
 */
export function bernsteinFlow({ degree = 16, bound = 5, ...options }: BernsteinFlowOptions): Flow {
  return monotoneAutoregressiveFlow(bernsteinFamily({ degree, bound }), options);
}
