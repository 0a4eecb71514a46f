import type { z } from 'zod';
import { circularSplineFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { Uniform } from '../distributions/uniform.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { couplingLayers } from './couplingFlow.ts';
import { Flow } from './flow.ts';
import type { FlowDefinition } from './flowDefinition.ts';
import { binsOption, layersOption } from './flowOptions.ts';
import { flowSizes } from './flowSizes.ts';

const options = { layers: layersOption(2), bins: binsOption };

export const circularSplineFlowOptions = flowSizes.extend(options);

/** Options of {@link circularSplineFlow}. */
export type CircularSplineFlowOptions = z.input<typeof circularSplineFlowOptions>;

/**
 * A flow over angles in [−π, π): a uniform base and monotone rational-quadratic splines on the circle, so that the density
 * has no seam at ±π.
 *
 * Rezende et al., "Normalizing Flows on Tori and Spheres", arXiv:2002.02428.
 */
export function circularSplineFlow(options: CircularSplineFlowOptions): Flow {
  const { bins, ...coupling } = parseOptions('circularSplineFlow', circularSplineFlowOptions, options);
  const { dim, contextDim } = coupling;
  return new Flow({
    dim,
    contextDim,
    bijector: couplingLayers(circularSplineFamily({ bins }), coupling),
    angles: true,
    base: (size, batchShape) => new Uniform({ dim: size, low: -Math.PI, high: Math.PI, batchShape }),
  });
}

export const circularSplineFlowDefinition = {
  description: 'spline flow over angles in [−π, π), with no seam',
  angles: true,
  schema: circularSplineFlowOptions,
  options,
  make: circularSplineFlow,
} satisfies FlowDefinition;
