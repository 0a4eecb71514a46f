import { radialFamily } from '../bijectors/layers/radial.ts';
import type { Flow } from './flow.ts';
import { type VectorFlowOptions, vectorFlow } from './vectorFlow.ts';

/**
 * Radial flow: layers x + β (x − c) / (α + ‖x − c‖) on a Gaussian, analytic both ways.
 *
 * Rezende & Mohamed, "Variational Inference with Normalizing Flows", arXiv:1505.05770.
 */
export function radialFlow(options: VectorFlowOptions): Flow {
  return vectorFlow(radialFamily, options);
}
