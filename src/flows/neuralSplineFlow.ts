import { rationalQuadraticSplineFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { type CouplingFlowOptions, couplingLayers } from './couplingFlow.ts';
import { Flow } from './flow.ts';

/** Options of {@link neuralSplineFlow}. */
export interface NeuralSplineFlowOptions extends CouplingFlowOptions {
  /** Bins of each spline. */
  readonly bins?: number;
  /** The splines act on [−bound, bound] and are the identity outside. */
  readonly bound?: number;
}

/**
 * Neural spline flow: couplings whose elementwise map is a monotone rational-quadratic spline. Before training
 * it is N(0, initialScale²). It may have several modes in one dimension too.
 *
 * Durkan et al., "Neural Spline Flows", arXiv:1906.04032.
 */
export function neuralSplineFlow({ bins = 8, bound = 5, ...options }: NeuralSplineFlowOptions): Flow {
  const { dim, contextDim = 0 } = options;
  return new Flow({
    dim,
    contextDim,
    bijector: couplingLayers(rationalQuadraticSplineFamily({ bins, bound }), options),
  });
}
