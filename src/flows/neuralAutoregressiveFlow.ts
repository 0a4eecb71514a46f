import { deepSigmoidalFamily } from '../bijectors/elementwise/deepSigmoidal.ts';
import type { Flow } from './flow.ts';
import { type MonotoneAutoregressiveFlowOptions, monotoneAutoregressiveFlow } from './monotoneAutoregressiveFlow.ts';

/** Options of {@link neuralAutoregressiveFlow}. */
export interface NeuralAutoregressiveFlowOptions extends MonotoneAutoregressiveFlowOptions {
  /** The layers of each entry's monotone network. */
  readonly depth?: number;
  /** The sigmoids of each of them. */
  readonly units?: number;
}

/**
 * Neural autoregressive flow: each entry through a monotone network, a deep sigmoidal one, whose weights are functions of the
 * entries before it and the context. Before training it is N(0, initialScale²).
 *
 * Huang et al., "Neural autoregressive flows", arXiv:1804.00779.
 */
export function neuralAutoregressiveFlow({
  depth = 2,
  units = 8,
  bound = 5,
  ...options
}: NeuralAutoregressiveFlowOptions): Flow {
  return monotoneAutoregressiveFlow(deepSigmoidalFamily({ layers: depth, units, bound }), options);
}
