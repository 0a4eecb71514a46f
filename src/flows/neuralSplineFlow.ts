import type { z } from 'zod';
import { rationalQuadraticSplineFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { couplingLayers } from './couplingFlow.ts';
import { Flow } from './flow.ts';
import type { FlowDefinition } from './flowDefinition.ts';
import { binsOption, boundOption, layeredSizes, layersOption } from './flowOptions.ts';

const options = { layers: layersOption(4), bins: binsOption, bound: boundOption };

export const neuralSplineFlowOptions = layeredSizes.extend(options);

/** Options of {@link neuralSplineFlow}. */
export type NeuralSplineFlowOptions = z.input<typeof neuralSplineFlowOptions>;

/**
 * Neural spline flow: couplings whose elementwise map is a monotone rational-quadratic spline. Before training
 * it is N(0, initialScale²). It may have several modes in one dimension too.
 *
 * Durkan et al., "Neural Spline Flows", arXiv:1906.04032.
 */
export function neuralSplineFlow(options: NeuralSplineFlowOptions): Flow {
  const { bins, bound, ...coupling } = parseOptions('neuralSplineFlow', neuralSplineFlowOptions, options);
  const { dim, contextDim } = coupling;
  return new Flow({
    dim,
    contextDim,
    bijector: couplingLayers(rationalQuadraticSplineFamily({ bins, bound }), coupling),
  });
}

export const neuralSplineFlowDefinition = {
  description: 'neural spline flow: rational-quadratic couplings',
  schema: neuralSplineFlowOptions,
  options,
  make: neuralSplineFlow,
} satisfies FlowDefinition;
