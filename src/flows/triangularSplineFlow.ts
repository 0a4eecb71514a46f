import { Chain } from '../bijectors/chain.ts';
import { rationalQuadraticSplineFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { Conditioned } from '../bijectors/layers/conditioned.ts';
import { triangularAffineFamily } from '../bijectors/layers/triangularAffineFamily.ts';
import { Flow } from './flow.ts';
import type { LayeredFlowSizes } from './flowSizes.ts';
import { reverseInTurn } from './reverseInTurn.ts';
import { stackLayers } from './stackLayers.ts';

/** Options of {@link triangularSplineFlow}. */
export interface TriangularSplineFlowOptions extends LayeredFlowSizes {
  /** The bins of each spline. */
  readonly bins?: number;
  /** Splines act on [−bound, bound]; outside they are the identity. */
  readonly bound?: number;
}

/**
 * Triangular spline flow: from noise to data, each layer takes every number through a rational-quadratic spline and then all
 * through shift + L x, L lower triangular and upper in turns. Parameters are functions of the context, or free. Without a context
 * it has no network: whatever bends is a map of one number, and numbers are mixed linearly. Before training it is N(0, initialScale²).
 *
 * The layers are those of flowjax's flow of this name; splines by Durkan et al., "Neural spline flows", arXiv:1906.04032.
 */
export function triangularSplineFlow({
  dim,
  contextDim = 0,
  layers = 4,
  bins = 8,
  bound = 5,
  hidden = [64, 64],
  activation = 'tanh',
  initialScale = 1,
  rng,
}: TriangularSplineFlowOptions): Flow {
  const splines = rationalQuadraticSplineFamily({ bins, bound });
  const bijector = stackLayers({ dim, layers, initialScale }, (i) => {
    const shared = { dim, contextDim, hidden, activation };
    const mix = new Conditioned({ ...shared, family: triangularAffineFamily, rng: rng.split(i).split('triangular') });
    const bend = new Conditioned({ ...shared, family: splines, rng: rng.split(i).split('spline') });
    return new Chain([reverseInTurn(i, dim, mix), bend]);
  });
  return new Flow({ dim, contextDim, bijector });
}
