import { z } from 'zod';
import { Autoregressive, BlockAutoregressive } from '../bijectors/autoregressive.ts';
import type { Bijector, Direction } from '../bijectors/bijector.ts';
import { Conditioned } from '../bijectors/conditioned.ts';
import {
  affineFamily,
  circularSplineFamily,
  type ElementwiseFamily,
  inverseFamily,
  rationalQuadraticSplineFamily,
} from '../bijectors/families.ts';
import { bernsteinFamily, sumOfSquaresFamily, unconstrainedMonotonicFamily } from '../bijectors/monotone.ts';
import { deepSigmoidalFamily } from '../bijectors/sigmoidal.ts';
import { Uniform } from '../distributions/uniform.ts';
import type { Order } from '../nn/made.ts';
import { parseOptions } from '../options/parse.ts';
import { Rng } from '../random.ts';
import { Flow } from './flow.ts';
import {
  AUTOREGRESSIVE,
  binsOption,
  boundOption,
  type FlowDefinition,
  flowSizes,
  layeredSizes,
  layersOption,
  ordersOption,
  parallelOption,
  reverseInTurn,
  stackLayers,
  tailsOption,
} from './flowDefinition.ts';

const autoregressiveFlowOptions = layeredSizes.extend({
  layers: layersOption(4, AUTOREGRESSIVE),
  orders: ordersOption,
});

/** Options of autoregressive flows. */
export type AutoregressiveFlowOptions = z.input<typeof autoregressiveFlowOptions>;

/**
 * Autoregressive layers over one elementwise family, each in another order than its neighbours. With one dimension there is
 * nothing before it to look at, and each layer's parameters come from the context alone.
 *
 * @param parallel the direction that is one pass: 'inverse' for densities, 'forward' for samples with their log-probabilities
 */
export function autoregressiveLayers(
  family: ElementwiseFamily,
  parallel: Direction,
  options: AutoregressiveFlowOptions,
): Bijector {
  const parsed = parseOptions('autoregressiveLayers', autoregressiveFlowOptions, options);
  const { rng, layers, initialScale, orders, ...sizes } = parsed;
  const { dim } = sizes;
  const order = orders === 'alternating' ? alternating : randomOrders(dim);
  return stackLayers({ dim, layers, initialScale }, (i) => {
    const shared = { ...sizes, family, rng: rng.split(i) };
    return dim === 1 ? new Conditioned(shared) : new Autoregressive({ ...shared, parallel, order: order(i) });
  });
}

const alternating = (layer: number): Order => (layer % 2 === 0 ? 'natural' : 'reversed');

function randomOrders(dim: number): (layer: number) => Order {
  const rng = new Rng('autoregressiveLayers');
  return (layer) => [...rng.split(layer).permutation(dim)];
}

/**
 * Masked autoregressive flow: xᵢ = shift + exp(logScale) · zᵢ, both of them functions of the entries of x before i and the context.
 * A density is one pass of each layer's network, a sample one entry after the other. Before training it is N(0, initialScale²).
 *
 * With one layer each entry is a Gaussian given those before it; in one dimension the flow is one.
 *
 * Papamakarios, Pavlakou & Murray, "Masked Autoregressive Flow for Density Estimation", arXiv:1705.07057.
 */
export function maf(options: AutoregressiveFlowOptions): Flow {
  const parsed = parseOptions('maf', autoregressiveFlowOptions, options);
  const { dim, contextDim } = parsed;
  return new Flow({ dim, contextDim, bijector: autoregressiveLayers(affineFamily, 'inverse', parsed) });
}

export const mafDefinition = {
  description: 'masked autoregressive flow: affine',
  sequential: 'sampling',
  schema: autoregressiveFlowOptions,
  options: { layers: autoregressiveFlowOptions.shape.layers, orders: autoregressiveFlowOptions.shape.orders },
  make: maf,
} satisfies FlowDefinition;

/**
 * Inverse autoregressive flow: xᵢ = shift + exp(logScale) · zᵢ, both of them functions of the entries of z before i and the context.
 * A sample with its log-probability is one pass of each layer's network, the density of a given x one entry after the other. Before
 * training it is N(0, initialScale²).
 *
 * Kingma et al., "Improving Variational Inference with Inverse Autoregressive Flow", arXiv:1606.04934.
 */
export function iaf(options: AutoregressiveFlowOptions): Flow {
  const parsed = parseOptions('iaf', autoregressiveFlowOptions, options);
  const { dim, contextDim } = parsed;
  return new Flow({ dim, contextDim, bijector: autoregressiveLayers(affineFamily, 'forward', parsed) });
}

export const iafDefinition = {
  description: 'inverse autoregressive flow: affine',
  sequential: 'density',
  schema: autoregressiveFlowOptions,
  options: { layers: autoregressiveFlowOptions.shape.layers, orders: autoregressiveFlowOptions.shape.orders },
  make: iaf,
} satisfies FlowDefinition;

const autoregressiveSplineShape = {
  layers: autoregressiveFlowOptions.shape.layers,
  orders: autoregressiveFlowOptions.shape.orders,
  bins: binsOption,
  bound: boundOption,
};

const autoregressiveSplineFlowOptions = autoregressiveFlowOptions.extend({
  ...autoregressiveSplineShape,
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
  options: autoregressiveSplineShape,
  make: autoregressiveSplineFlow,
} satisfies FlowDefinition;

const circularAutoregressiveSplineShape = {
  layers: layersOption(2, AUTOREGRESSIVE),
  orders: ordersOption,
  bins: binsOption,
};

const circularAutoregressiveSplineFlowOptions = flowSizes.extend({
  ...circularAutoregressiveSplineShape,
  parallel: parallelOption,
});

/** Options of {@link circularAutoregressiveSplineFlow}. */
export type CircularAutoregressiveSplineFlowOptions = z.input<typeof circularAutoregressiveSplineFlowOptions>;

/**
 * An autoregressive flow over angles in [−π, π): a uniform base and monotone rational-quadratic splines on the circle, of which
 * each depends on the angles before it, by their cosines and sines, and the context.
 *
 * Rezende et al., "Normalizing Flows on Tori and Spheres", arXiv:2002.02428.
 */
export function circularAutoregressiveSplineFlow(options: CircularAutoregressiveSplineFlowOptions): Flow {
  const parsed = parseOptions('circularAutoregressiveSplineFlow', circularAutoregressiveSplineFlowOptions, options);
  const { parallel, bins, ...autoregressive } = parsed;
  const { dim, contextDim } = autoregressive;
  return new Flow({
    dim,
    contextDim,
    bijector: autoregressiveLayers(circularSplineFamily({ bins }), parallel, autoregressive),
    angles: true,
    base: (size, batchShape) => new Uniform({ dim: size, low: -Math.PI, high: Math.PI, batchShape }),
  });
}

export const circularAutoregressiveSplineFlowDefinition = {
  description: 'autoregressive spline flow over angles in [−π, π), with no seam',
  angles: true,
  sequential: 'sampling',
  schema: circularAutoregressiveSplineFlowOptions,
  options: circularAutoregressiveSplineShape,
  make: circularAutoregressiveSplineFlow,
} satisfies FlowDefinition;

const monotoneAutoregressiveFlowOptions = autoregressiveFlowOptions.extend({
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

const bernsteinShape = {
  layers: monotoneAutoregressiveFlowOptions.shape.layers,
  orders: monotoneAutoregressiveFlowOptions.shape.orders,
  bound: tailsOption,
  degree: z.int().positive().default(16).meta({ description: 'degree of each polynomial', unit: 'powers' }),
};

const bernsteinFlowOptions = monotoneAutoregressiveFlowOptions.extend(bernsteinShape);

/** Options of {@link bernsteinFlow}. */
export type BernsteinFlowOptions = z.input<typeof bernsteinFlowOptions>;

/**
 * Bernstein polynomial flow: each entry through an increasing Bernstein polynomial whose coefficients are functions of the entries
 * before it and the context. Before training it is N(0, initialScale²).
 *
 * Sick, Hothorn & Dürr, arXiv:2004.00464; Ramasinghe et al., "Robust normalizing flows using Bernstein-type polynomials",
 * arXiv:2102.03509.
 */
export function bernsteinFlow(options: BernsteinFlowOptions): Flow {
  const { degree, bound, ...monotone } = parseOptions('bernsteinFlow', bernsteinFlowOptions, options);
  return monotoneAutoregressiveFlow(bernsteinFamily({ degree, bound }), monotone);
}

export const bernsteinFlowDefinition = {
  description: 'autoregressive flow of Bernstein polynomials',
  sequential: 'sampling',
  schema: bernsteinFlowOptions,
  options: bernsteinShape,
  make: bernsteinFlow,
} satisfies FlowDefinition;

const sumOfSquaresShape = {
  layers: monotoneAutoregressiveFlowOptions.shape.layers,
  orders: monotoneAutoregressiveFlowOptions.shape.orders,
  bound: tailsOption,
  polynomials: z.int().positive().default(3).meta({ description: 'polynomials that are squared', unit: 'polynomials' }),
  degree: z.int().positive().default(4).meta({ description: 'degree of each of them', unit: 'powers' }),
};

const sumOfSquaresFlowOptions = monotoneAutoregressiveFlowOptions.extend(sumOfSquaresShape);

/** Options of {@link sumOfSquaresFlow}. */
export type SumOfSquaresFlowOptions = z.input<typeof sumOfSquaresFlowOptions>;

/**
 * Sum-of-squares polynomial flow: each entry through the integral of a sum of squared polynomials whose coefficients are functions
 * of the entries before it and the context. Before training it is N(0, initialScale²).
 *
 * Jaini, Selby & Yu, "Sum-of-squares polynomial flow", arXiv:1905.02325.
 */
export function sumOfSquaresFlow(options: SumOfSquaresFlowOptions): Flow {
  const { polynomials, degree, bound, ...monotone } = parseOptions(
    'sumOfSquaresFlow',
    sumOfSquaresFlowOptions,
    options,
  );
  return monotoneAutoregressiveFlow(sumOfSquaresFamily({ polynomials, degree, bound }), monotone);
}

export const sumOfSquaresFlowDefinition = {
  description: 'autoregressive flow of sum-of-squares polynomials',
  sequential: 'sampling',
  schema: sumOfSquaresFlowOptions,
  options: sumOfSquaresShape,
  make: sumOfSquaresFlow,
} satisfies FlowDefinition;

const neuralAutoregressiveShape = {
  layers: monotoneAutoregressiveFlowOptions.shape.layers,
  orders: monotoneAutoregressiveFlowOptions.shape.orders,
  bound: tailsOption,
  depth: z.int().positive().default(2).meta({ description: 'layers of each monotone network', unit: 'layers' }),
  units: z.int().positive().default(8).meta({ description: 'sigmoids of each of them', unit: 'sigmoids' }),
};

const neuralAutoregressiveFlowOptions = monotoneAutoregressiveFlowOptions.extend(neuralAutoregressiveShape);

/** Options of {@link neuralAutoregressiveFlow}. */
export type NeuralAutoregressiveFlowOptions = z.input<typeof neuralAutoregressiveFlowOptions>;

/**
 * Neural autoregressive flow: each entry through a monotone network, a deep sigmoidal one, whose weights are functions of the
 * entries before it and the context. Before training it is N(0, initialScale²).
 *
 * Huang et al., "Neural autoregressive flows", arXiv:1804.00779.
 */
export function neuralAutoregressiveFlow(options: NeuralAutoregressiveFlowOptions): Flow {
  const { depth, units, bound, ...monotone } = parseOptions(
    'neuralAutoregressiveFlow',
    neuralAutoregressiveFlowOptions,
    options,
  );
  return monotoneAutoregressiveFlow(deepSigmoidalFamily({ layers: depth, units, bound }), monotone);
}

export const neuralAutoregressiveFlowDefinition = {
  description: 'neural autoregressive flow: monotone networks, deep sigmoidal',
  sequential: 'sampling',
  schema: neuralAutoregressiveFlowOptions,
  options: neuralAutoregressiveShape,
  make: neuralAutoregressiveFlow,
} satisfies FlowDefinition;

const unconstrainedAutoregressiveShape = {
  layers: monotoneAutoregressiveFlowOptions.shape.layers,
  orders: monotoneAutoregressiveFlowOptions.shape.orders,
  bound: tailsOption,
  units: z.int().positive().default(8).meta({ description: 'width of each positive network', unit: 'neurons' }),
};

const unconstrainedAutoregressiveFlowOptions = monotoneAutoregressiveFlowOptions.extend(
  unconstrainedAutoregressiveShape,
);

/** Options of {@link unconstrainedAutoregressiveFlow}. */
export type UnconstrainedAutoregressiveFlowOptions = z.input<typeof unconstrainedAutoregressiveFlowOptions>;

/**
 * Unconstrained neural autoregressive flow: each entry through the integral of a positive network whose weights are functions of
 * the entries before it and the context. Before training it is N(0, initialScale²).
 *
 * Wehenkel & Louppe, "Unconstrained monotonic neural networks", arXiv:1908.05164.
 */
export function unconstrainedAutoregressiveFlow(options: UnconstrainedAutoregressiveFlowOptions): Flow {
  const { units, bound, ...monotone } = parseOptions(
    'unconstrainedAutoregressiveFlow',
    unconstrainedAutoregressiveFlowOptions,
    options,
  );
  return monotoneAutoregressiveFlow(unconstrainedMonotonicFamily({ units, bound }), monotone);
}

export const unconstrainedAutoregressiveFlowDefinition = {
  description: 'unconstrained neural autoregressive flow: integrals of positive networks',
  sequential: 'sampling',
  schema: unconstrainedAutoregressiveFlowOptions,
  options: unconstrainedAutoregressiveShape,
  make: unconstrainedAutoregressiveFlow,
} satisfies FlowDefinition;

const blockAutoregressiveShape = { layers: layersOption(2, 'networks, each in the opposite order of the one before') };

const blockAutoregressiveFlowOptions = layeredSizes.extend({
  ...blockAutoregressiveShape,
  hidden: layeredSizes.shape.hidden.describe(
    "widths of each network's hidden layers; their units are dealt out to the numbers and the context",
  ),
  activation: z.literal('tanh').default('tanh').describe('activation after each hidden layer; no other will do'),
  parallel: parallelOption,
});

/** Options of {@link blockAutoregressiveFlow}. */
export type BlockAutoregressiveFlowOptions = z.input<typeof blockAutoregressiveFlowOptions>;

/**
 * Block neural autoregressive flow: all numbers through one network that increases in each of them, given those before it
 * and the context; see {@link BlockAutoregressive}. Each network takes the numbers in the opposite order of the one before. A density is one pass of each network, a sample one root after the other.
 * Before training it is near N(0, initialScale²).
 *
 * De Cao, Titov & Aziz, "Block neural autoregressive flow", arXiv:1904.04676.
 */
export function blockAutoregressiveFlow(options: BlockAutoregressiveFlowOptions): Flow {
  const parsed = parseOptions('blockAutoregressiveFlow', blockAutoregressiveFlowOptions, options);
  const { dim, contextDim, layers, parallel, hidden, initialScale, rng } = parsed;
  const bijector = stackLayers({ dim, layers, initialScale }, (i) =>
    reverseInTurn(i, dim, new BlockAutoregressive({ dim, contextDim, parallel, hidden, rng: rng.split(i) })),
  );
  return new Flow({ dim, contextDim, bijector });
}

export const blockAutoregressiveFlowDefinition = {
  description: 'block neural autoregressive flow: one network that increases in every number',
  sequential: 'sampling',
  schema: blockAutoregressiveFlowOptions,
  options: blockAutoregressiveShape,
  // Its networks have the only activation that they can have.
  make: ({ activation: _, ...sizes }) => blockAutoregressiveFlow(sizes),
} satisfies FlowDefinition<typeof blockAutoregressiveShape>;
