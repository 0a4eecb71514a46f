import type { Direction } from '../bijectors/bijector.ts';
import type { ElementwiseFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { inverseFamily } from '../bijectors/elementwise/inverseFamily.ts';
import { type AutoregressiveFlowOptions, autoregressiveLayers } from './autoregressiveFlow.ts';
import { Flow } from './flow.ts';

/** Options of {@link monotoneAutoregressiveFlow}. */
export interface MonotoneAutoregressiveFlowOptions extends AutoregressiveFlowOptions {
  /** The direction that is one pass, and a formula: 'inverse', the default, for densities, 'forward' for samples with their log-probabilities. */
  readonly parallel?: Direction;
  /** Each layer's formula holds on [−bound, bound]; outside it goes on as a straight line. 5 by default. */
  readonly bound?: number;
}

/**
 * A flow of autoregressive layers over a family whose inverses are numerical: its formula goes the way that is one pass, so that
 * roots are sought only where one entry is taken after the other.
 */
export function monotoneAutoregressiveFlow(
  family: ElementwiseFamily,
  { parallel = 'inverse', layers = 2, ...options }: Omit<MonotoneAutoregressiveFlowOptions, 'bound'>,
): Flow {
  const { dim, contextDim = 0 } = options;
  const parallelFamily = parallel === 'inverse' ? inverseFamily(family) : family;
  const bijector = autoregressiveLayers(parallelFamily, parallel, { ...options, layers });
  return new Flow({ dim, contextDim, bijector });
}
