import { planarFamily } from '../bijectors/layers/planar.ts';
import type { Flow } from './flow.ts';
import { type VectorFlowOptions, vectorFlow } from './vectorFlow.ts';

/**
 * Planar flow: layers x + û tanh(wᵀx + b) on a Gaussian. The inverse, and so the density at a point that is not a sample, takes a root a layer.
 *
 * Rezende & Mohamed, "Variational Inference with Normalizing Flows", arXiv:1505.05770.
 */
export function planarFlow(options: VectorFlowOptions): Flow {
  return vectorFlow(planarFamily, options);
}
