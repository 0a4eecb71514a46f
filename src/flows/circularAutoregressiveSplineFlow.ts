import type { Direction } from '../bijectors/bijector.ts';
import { circularSplineFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { Uniform } from '../distributions/uniform.ts';
import { type AutoregressiveFlowOptions, autoregressiveLayers } from './autoregressiveFlow.ts';
import { Flow } from './flow.ts';

/** Options of {@link circularAutoregressiveSplineFlow}. */
export interface CircularAutoregressiveSplineFlowOptions extends Omit<AutoregressiveFlowOptions, 'initialScale'> {
  /** The direction that is one pass: 'inverse', the default, for densities, 'forward' for samples with their log-probabilities. */
  readonly parallel?: Direction;
  /** Bins of each spline. */
  readonly bins?: number;
}

/**
 * An autoregressive flow over angles in [−π, π): a uniform base and monotone rational-quadratic splines on the circle, of which
 * each depends on the angles before it, by their cosines and sines, and the context.
 *
 * Rezende et al., "Normalizing Flows on Tori and Spheres", arXiv:2002.02428.
 */
export function circularAutoregressiveSplineFlow({
  parallel = 'inverse',
  bins = 8,
  layers = 2,
  ...options
}: CircularAutoregressiveSplineFlowOptions): Flow {
  return new Flow({
    dim: options.dim,
    contextDim: options.contextDim ?? 0,
    bijector: autoregressiveLayers(circularSplineFamily({ bins }), parallel, { ...options, layers }),
    angles: true,
    base: (dim, batchShape) => new Uniform({ dim, low: -Math.PI, high: Math.PI, batchShape }),
  });
}
