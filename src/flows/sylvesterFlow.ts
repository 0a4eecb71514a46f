import { sylvesterFamily } from '../bijectors/layers/sylvester.ts';
import type { Flow } from './flow.ts';
import { type VectorFlowOptions, vectorFlow } from './vectorFlow.ts';

export interface SylvesterFlowOptions extends VectorFlowOptions {
  /** The directions along which a map bends, 4 by default; at most the dimension, which it is cut down to. */
  readonly rank?: number;
}

/**
 * Sylvester flow: layers x + Q R tanh(R̃ Qᵀ x + b) on a Gaussian. The inverse, and so the density at a point that is not a sample, takes
 * `rank` roots a layer.
 *
 * van den Berg et al., "Sylvester Normalizing Flows for Variational Inference", arXiv:1803.05649.
 */
export function sylvesterFlow({ rank, layers = 4, ...options }: SylvesterFlowOptions): Flow {
  return vectorFlow(sylvesterFamily(rank === undefined ? {} : { rank }), { ...options, layers });
}
