import { z } from 'zod';
import type { Bijector } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/chain.ts';
import { PRelu } from '../bijectors/elementwise/prelu.ts';
import { Conditioned } from '../bijectors/layers/conditioned.ts';
import { lowRankAffineFamily } from '../bijectors/layers/lowRankAffineFamily.ts';
import { parseOptions } from '../options/parseOptions.ts';
import { Flow } from './flow.ts';
import type { FlowDefinition } from './flowDefinition.ts';
import { layersOption } from './flowOptions.ts';
import { flowSizes } from './flowSizes.ts';

/** At 1 a PReLU is no bend, and where it might be one makes no difference. With its reciprocal in turn they begin near the identity. */
const INITIAL_SLOPE = 0.9;

const options = {
  layers: layersOption(6, 'affine maps, with a PReLU between any two; each map has a network where there is a context'),
  slopes: z.enum(['shared', 'perDimension']).default('shared').describe('one slope a PReLU, or one for each number'),
};

export const mlpFlowOptions = flowSizes.extend({
  ...options,
  rank: z
    .int()
    .positive()
    .optional()
    .meta({ description: 'columns of V; by default 2, or as many as an event has numbers', unit: 'columns' }),
  triangular: z
    .boolean()
    .default(true)
    .describe('whether M is lower triangular, or diagonal, which is linear in the size of an event'),
  crossingWidth: z
    .number()
    .nonnegative()
    .default(0.1)
    .describe(
      'width over which a PReLU goes from one slope to the other; 0 for the gradient of each log-density by itself',
    ),
});

/** Options of {@link mlpFlow}. */
export type MlpFlowOptions = z.input<typeof mlpFlowOptions>;

/**
 * A flow that is built as a multilayer perceptron, of maps that can be inverted: affine maps shift + (M + V D Vᵀ) x and between them
 * PReLUs with learned slopes. Near the identity at first. With a context, the affine maps are functions of it.
 *
 * The flow of Eric Jang's "Normalizing Flows Tutorial, Part 1: Distributions and Determinants", 2018. It bends space once a layer,
 * and takes many for what one coupling does.
 */
export function mlpFlow(options: MlpFlowOptions): Flow {
  const parsed = parseOptions('mlpFlow', mlpFlowOptions, options);
  const { layers, slopes, rank, triangular, crossingWidth, rng, ...sizes } = parsed;
  const { dim, contextDim } = sizes;
  const family = lowRankAffineFamily({ triangular, ...(rank !== undefined && { rank }) });
  // From the data to the noise.
  const bijectors = Array.from({ length: layers }, (_, i): Bijector[] => {
    const affine = new Conditioned({ ...sizes, family, rng: rng.split(i) });
    if (i === 0) return [affine];
    const initialSlope = i % 2 === 1 ? INITIAL_SLOPE : 1 / INITIAL_SLOPE;
    return [new PRelu({ initialSlope, crossingWidth, ...(slopes === 'perDimension' && { dim }) }), affine];
  });
  return new Flow({ dim, contextDim, bijector: new Chain(bijectors.flat()) });
}

export const mlpFlowDefinition = {
  description: 'invertible multilayer perceptron: affine maps M + V D Vᵀ with PReLUs between them',
  schema: mlpFlowOptions,
  options,
  make: mlpFlow,
} satisfies FlowDefinition;
