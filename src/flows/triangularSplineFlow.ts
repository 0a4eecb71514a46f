import type { z } from 'zod';
import { Chain } from '../bijectors/chain.ts';
import { rationalQuadraticSplineFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { Conditioned } from '../bijectors/layers/conditioned.ts';
import { triangularAffineFamily } from '../bijectors/layers/triangularAffineFamily.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { Flow } from './flow.ts';
import type { FlowDefinition } from './flowDefinition.ts';
import { binsOption, boundOption, layeredSizes, layersOption } from './flowOptions.ts';
import { reverseInTurn } from './reverseInTurn.ts';
import { stackLayers } from './stackLayers.ts';

const options = {
  layers: layersOption(4, 'triangular maps, each with a spline of every number'),
  bins: binsOption,
  bound: boundOption,
};

export const triangularSplineFlowOptions = layeredSizes.extend(options);

/** Options of {@link triangularSplineFlow}. */
export type TriangularSplineFlowOptions = z.input<typeof triangularSplineFlowOptions>;

/**
 * Triangular spline flow: from noise to data, each layer takes every number through a rational-quadratic spline and then all
 * through shift + L x, L lower triangular and upper in turns. Parameters are functions of the context, or free. Without a context
 * it has no network: whatever bends is a map of one number, and numbers are mixed linearly. Before training it is N(0, initialScale²).
 *
 * The layers are those of flowjax's flow of this name; splines by Durkan et al., "Neural spline flows", arXiv:1906.04032.
 */
export function triangularSplineFlow(options: TriangularSplineFlowOptions): Flow {
  const parsed = parseOptions('triangularSplineFlow', triangularSplineFlowOptions, options);
  const { layers, bins, bound, initialScale, rng, ...sizes } = parsed;
  const { dim, contextDim } = sizes;
  const splines = rationalQuadraticSplineFamily({ bins, bound });
  const bijector = stackLayers({ dim, layers, initialScale }, (i) => {
    const mix = new Conditioned({ ...sizes, family: triangularAffineFamily, rng: rng.split(i).split('triangular') });
    const bend = new Conditioned({ ...sizes, family: splines, rng: rng.split(i).split('spline') });
    return new Chain([reverseInTurn(i, dim, mix), bend]);
  });
  return new Flow({ dim, contextDim, bijector });
}

export const triangularSplineFlowDefinition = {
  description: 'triangular spline flow: rational-quadratic, number by number, and triangular maps',
  schema: triangularSplineFlowOptions,
  options,
  make: triangularSplineFlow,
} satisfies FlowDefinition;
