import { z } from 'zod';
import type { Bijector } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/composition.ts';
import { Conditioned } from '../bijectors/conditioned.ts';
import { PRelu } from '../bijectors/elementwise.ts';
import {
  inverseFamily,
  lowRankAffineFamily,
  rationalQuadraticSplineFamily,
  triangularAffineFamily,
} from '../bijectors/families.ts';
import { Orthogonal } from '../bijectors/orthogonal.ts';
import { gaussianizationFamily } from '../bijectors/sigmoidal.ts';
import { orthogonal } from '../nn/initializers.ts';
import { parseOptions } from '../options/parse.ts';
import { Rng } from '../random.ts';
import { Flow } from './flow.ts';
import {
  binsOption,
  boundOption,
  type FlowDefinition,
  flowSizes,
  layeredSizes,
  layersOption,
  reverseInTurn,
  stackLayers,
  tailsOption,
} from './flowDefinition.ts';

/** At 1 a PReLU is no bend, and where it might be one makes no difference. With its reciprocal in turn they begin near the identity. */
const INITIAL_SLOPE = 0.9;

const mlpShape = {
  layers: layersOption(6, 'affine maps, with a PReLU between any two; each map has a network where there is a context'),
  slopes: z.enum(['shared', 'perDimension']).default('shared').describe('one slope a PReLU, or one for each number'),
};

const mlpFlowOptions = flowSizes.extend({
  ...mlpShape,
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
  options: mlpShape,
  make: mlpFlow,
} satisfies FlowDefinition;

const gaussianizationShape = {
  layers: layersOption(4, 'turns of the space, each with a map of every number'),
  components: z
    .int()
    .positive()
    .default(8)
    .meta({ description: 'logistic distributions in each mixture', unit: 'components' }),
  bound: tailsOption,
};

const gaussianizationFlowOptions = layeredSizes.extend(gaussianizationShape);

/** Options of {@link gaussianizationFlow}. */
export type GaussianizationFlowOptions = z.input<typeof gaussianizationFlowOptions>;

/**
 * Gaussianization flow. From data to noise, each layer takes every number through the distribution function of a mixture and an inverse one, whatever the
 * others are, and then turns the space; the mixtures are functions of the context, or free. A density is by formulas, a sample
 * by numerical inverses, both without an order of the numbers. Turns are by random orthogonal matrices, the same ones for all flows of a
 * `dim`, so that saved variables fit. Before training it is N(0, initialScale²).
 *
 * Meng, Song, Song & Ermon, "Gaussianization flows", arXiv:2003.01941.
 */
export function gaussianizationFlow(options: GaussianizationFlowOptions): Flow {
  const parsed = parseOptions('gaussianizationFlow', gaussianizationFlowOptions, options);
  const { layers, components, bound, initialScale, rng, ...sizes } = parsed;
  const { dim, contextDim } = sizes;
  const family = inverseFamily(gaussianizationFamily({ components, bound }));
  const turns = new Rng('gaussianizationFlow');
  const bijector = stackLayers({ dim, layers, initialScale }, (i) => {
    const marginals = new Conditioned({ ...sizes, family, rng: rng.split(i) });
    return dim === 1 ? marginals : new Chain([marginals, new Orthogonal(orthogonal()(dim, dim, turns.split(i)))]);
  });
  return new Flow({ dim, contextDim, bijector });
}

export const gaussianizationFlowDefinition = {
  description: 'Gaussianization flow: mixtures of logistic distributions, number by number, and turns of the space',
  schema: gaussianizationFlowOptions,
  options: gaussianizationShape,
  make: gaussianizationFlow,
} satisfies FlowDefinition;

const triangularSplineShape = {
  layers: layersOption(4, 'triangular maps, each with a spline of every number'),
  bins: binsOption,
  bound: boundOption,
};

const triangularSplineFlowOptions = layeredSizes.extend(triangularSplineShape);

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
  options: triangularSplineShape,
  make: triangularSplineFlow,
} satisfies FlowDefinition;
