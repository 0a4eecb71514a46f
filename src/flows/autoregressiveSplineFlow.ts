import type { z } from 'zod';
import { rationalQuadraticSplineFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { autoregressiveFlowOptions, autoregressiveLayers } from './autoregressiveFlow.ts';
import { Flow } from './flow.ts';
import type { FlowDefinition } from './flowDefinition.ts';
import { binsOption, boundOption, parallelOption } from './flowOptions.ts';

const { layers, orders } = autoregressiveFlowOptions.shape;
const options = { layers, orders, bins: binsOption, bound: boundOption };

export const autoregressiveSplineFlowOptions = autoregressiveFlowOptions.extend({
  ...options,
  parallel: parallelOption,
});

/** Options of {@link autoregressiveSplineFlow}. */
export type AutoregressiveSplineFlowOptions = z.input<typeof autoregressiveSplineFlowOptions>;

/**
 * Autoregressive neural spline flow: each entry through a monotone rational-quadratic spline whose parameters are functions of the
 * entries before it and the context. Before training it is N(0, initialScale²).
 *
 * Durkan et al., "Neural Spline Flows", arXiv:1906.04032.
 */
export function autoregressiveSplineFlow(options: AutoregressiveSplineFlowOptions): Flow {
  const parsed = parseOptions('autoregressiveSplineFlow', autoregressiveSplineFlowOptions, options);
  const { parallel, bins, bound, ...autoregressive } = parsed;
  const { dim, contextDim } = autoregressive;
  const family = rationalQuadraticSplineFamily({ bins, bound });
  return new Flow({ dim, contextDim, bijector: autoregressiveLayers(family, parallel, autoregressive) });
}

export const autoregressiveSplineFlowDefinition = {
  description: 'autoregressive neural spline flow: rational-quadratic',
  sequential: 'sampling',
  schema: autoregressiveSplineFlowOptions,
  options,
  make: autoregressiveSplineFlow,
} satisfies FlowDefinition;
