import type { z } from 'zod';
import { circularSplineFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { Uniform } from '../distributions/uniform.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { autoregressiveLayers } from './autoregressiveFlow.ts';
import { Flow } from './flow.ts';
import type { FlowDefinition } from './flowDefinition.ts';
import { AUTOREGRESSIVE, binsOption, layersOption, ordersOption, parallelOption } from './flowOptions.ts';
import { flowSizes } from './flowSizes.ts';

const options = { layers: layersOption(2, AUTOREGRESSIVE), orders: ordersOption, bins: binsOption };

export const circularAutoregressiveSplineFlowOptions = flowSizes.extend({ ...options, parallel: parallelOption });

/** Options of {@link circularAutoregressiveSplineFlow}. */
export type CircularAutoregressiveSplineFlowOptions = z.input<typeof circularAutoregressiveSplineFlowOptions>;

/**
 * An autoregressive flow over angles in [−π, π): a uniform base and monotone rational-quadratic splines on the circle, of which
 * each depends on the angles before it, by their cosines and sines, and the context.
 *
 * Rezende et al., "Normalizing Flows on Tori and Spheres", arXiv:2002.02428.
 */
export function circularAutoregressiveSplineFlow(options: CircularAutoregressiveSplineFlowOptions): Flow {
  const parsed = parseOptions('circularAutoregressiveSplineFlow', circularAutoregressiveSplineFlowOptions, options);
  const { parallel, bins, ...autoregressive } = parsed;
  const { dim, contextDim } = autoregressive;
  return new Flow({
    dim,
    contextDim,
    bijector: autoregressiveLayers(circularSplineFamily({ bins }), parallel, autoregressive),
    angles: true,
    base: (size, batchShape) => new Uniform({ dim: size, low: -Math.PI, high: Math.PI, batchShape }),
  });
}

export const circularAutoregressiveSplineFlowDefinition = {
  description: 'autoregressive spline flow over angles in [−π, π), with no seam',
  angles: true,
  sequential: 'sampling',
  schema: circularAutoregressiveSplineFlowOptions,
  options,
  make: circularAutoregressiveSplineFlow,
} satisfies FlowDefinition;
