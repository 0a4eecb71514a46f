import { circularSplineFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { Uniform } from '../distributions/uniform.ts';
import { type CouplingFlowOptions, couplingLayers } from './couplingFlow.ts';
import { Flow } from './flow.ts';

/**
 * A flow over angles in [−π, π): a uniform base and monotone rational-quadratic splines on the circle, so that the density
 * has no seam at ±π.
 *
 * Rezende et al., "Normalizing Flows on Tori and Spheres", arXiv:2002.02428.
 */
export function circularSplineFlow({
  bins = 8,
  ...options
}: Omit<CouplingFlowOptions, 'initialScale'> & { readonly bins?: number }): Flow {
  return new Flow({
    dim: options.dim,
    contextDim: options.contextDim ?? 0,
    bijector: couplingLayers(circularSplineFamily({ bins }), { ...options, layers: options.layers ?? 2 }),
    angles: true,
    base: (dim, batchShape) => new Uniform({ dim, low: -Math.PI, high: Math.PI, batchShape }),
  });
}
