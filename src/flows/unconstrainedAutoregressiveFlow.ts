import { unconstrainedMonotonicFamily } from '../bijectors/elementwise/unconstrainedMonotonic.ts';
import type { Flow } from './flow.ts';
import { type MonotoneAutoregressiveFlowOptions, monotoneAutoregressiveFlow } from './monotoneAutoregressiveFlow.ts';

/** Options of {@link unconstrainedAutoregressiveFlow}. */
export interface UnconstrainedAutoregressiveFlowOptions extends MonotoneAutoregressiveFlowOptions {
  /** The width of each entry's network. */
  readonly units?: number;
}

/**
 * Unconstrained neural autoregressive flow: each entry through the integral of a positive network whose weights are functions of
 * the entries before it and the context. Before training it is N(0, initialScale²).
 *
 * Wehenkel & Louppe, "Unconstrained monotonic neural networks", arXiv:1908.05164.
 */
export function unconstrainedAutoregressiveFlow({
  units = 8,
  bound = 5,
  ...options
}: UnconstrainedAutoregressiveFlowOptions): Flow {
  return monotoneAutoregressiveFlow(unconstrainedMonotonicFamily({ units, bound }), options);
}
