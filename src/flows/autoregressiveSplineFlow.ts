import type { Direction } from '../bijectors/bijector.ts';
import { rationalQuadraticSplineFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { type AutoregressiveFlowOptions, autoregressiveLayers } from './autoregressiveFlow.ts';
import { Flow } from './flow.ts';

/** Options of {@link autoregressiveSplineFlow}. */
export interface AutoregressiveSplineFlowOptions extends AutoregressiveFlowOptions {
  /** The direction that is one pass: 'inverse', the default, for densities, 'forward' for samples with their log-probabilities. */
  readonly parallel?: Direction;
  /** Bins of each spline. */
  readonly bins?: number;
  /** The splines act on [−bound, bound] and are the identity outside. */
  readonly bound?: number;
}

/**
 * Autoregressive neural spline flow: each entry through a monotone rational-quadratic spline whose parameters are functions of the
 * entries before it and the context. Before training it is N(0, initialScale²).
 *
 * Durkan et al., "Neural Spline Flows", arXiv:1906.04032.
 */
export function autoregressiveSplineFlow({
  parallel = 'inverse',
  bins = 8,
  bound = 5,
  ...options
}: AutoregressiveSplineFlowOptions): Flow {
  const { dim, contextDim = 0 } = options;
  const family = rationalQuadraticSplineFamily({ bins, bound });
  return new Flow({ dim, contextDim, bijector: autoregressiveLayers(family, parallel, options) });
}
