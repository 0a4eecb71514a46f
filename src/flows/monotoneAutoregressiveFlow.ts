import type { z } from 'zod';
import type { ElementwiseFamily } from '../bijectors/elementwise/elementwiseFamily.ts';
import { inverseFamily } from '../bijectors/elementwise/inverseFamily.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { autoregressiveFlowOptions, autoregressiveLayers } from './autoregressiveFlow.ts';
import { Flow } from './flow.ts';
import { AUTOREGRESSIVE, layersOption, parallelOption } from './flowOptions.ts';

export const monotoneAutoregressiveFlowOptions = autoregressiveFlowOptions.extend({
  layers: layersOption(2, AUTOREGRESSIVE),
  parallel: parallelOption,
});

/** Options of {@link monotoneAutoregressiveFlow}. */
export type MonotoneAutoregressiveFlowOptions = z.input<typeof monotoneAutoregressiveFlowOptions>;

/**
 * A flow of autoregressive layers over a family whose inverses are numerical: its formula goes the way that is one pass, so that
 * roots are sought only where one entry is taken after the other.
 */
export function monotoneAutoregressiveFlow(
  family: ElementwiseFamily,
  options: MonotoneAutoregressiveFlowOptions,
): Flow {
  const parsed = parseOptions('monotoneAutoregressiveFlow', monotoneAutoregressiveFlowOptions, options);
  const { parallel, ...autoregressive } = parsed;
  const { dim, contextDim } = autoregressive;
  const parallelFamily = parallel === 'inverse' ? inverseFamily(family) : family;
  return new Flow({ dim, contextDim, bijector: autoregressiveLayers(parallelFamily, parallel, autoregressive) });
}
