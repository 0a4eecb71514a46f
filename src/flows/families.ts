import { z } from 'zod';
import { Autoregressive, BlockAutoregressive } from '../bijectors/autoregressive.ts';
import type { Bijector, Direction } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/composition.ts';
import { Conditioned } from '../bijectors/conditioned.ts';
import { MlpField, NeuralOde, solverSchema, traceSchema } from '../bijectors/continuous.ts';
import { Coupling } from '../bijectors/coupling.ts';
import { PRelu } from '../bijectors/elementwise.ts';
import {
  additiveFamily,
  affineFamily,
  circularSplineFamily,
  type ElementwiseFamily,
  inverseFamily,
  lowRankAffineFamily,
  luFamily,
  rationalQuadraticSplineFamily,
  triangularAffineFamily,
  type VectorFamily,
} from '../bijectors/families.ts';
import { bernsteinFamily, sumOfSquaresFamily, unconstrainedMonotonicFamily } from '../bijectors/monotone.ts';
import { ActNorm } from '../bijectors/normalization.ts';
import { Orthogonal } from '../bijectors/orthogonal.ts';
import { planarFamily, radialFamily, sylvesterFamily } from '../bijectors/residual.ts';
import { deepSigmoidalFamily, gaussianizationFamily } from '../bijectors/sigmoidal.ts';
import { orthogonal } from '../nn/initializers.ts';
import type { Order } from '../nn/made.ts';
import { choice, count, flag, nonnegative, positive } from '../options/fields.ts';
import { parseOptions } from '../options/parse.ts';
import { Rng } from '../random.ts';
import { Flow, initialFactor } from './flow.ts';
import {
  type FlowDefinition,
  flowFamily,
  flowSizes,
  layeredSizes,
  layersOption,
  reverseInTurn,
  stackLayers,
} from './flowDefinition.ts';

// Options that several families have.

const COUPLING = 'coupling layers, each with a network';
const AUTOREGRESSIVE = 'autoregressive layers, each with a masked network';
const bins = z.int().min(2).default(8).meta({ description: 'bins of each spline', unit: 'bins' });
const bound = positive(5, 'splines act on [−bound, bound]; they are the identity outside');
const tails = positive(5, 'each map has its formula on [−bound, bound]; outside it is a straight line');
const orders = choice(
  ['alternating', 'random'],
  'alternating',
  'each layer takes the numbers in the opposite order of the one before, or in a random one; the same ones for all flows of a dim, so that saved variables fit',
);
const parallel = choice(
  ['inverse', 'forward'],
  'inverse',
  "the direction that is one pass; 'inverse' for densities, 'forward' for samples with their log-probabilities",
);

// Coupling layers.

const couplingOptions = layeredSizes.extend({ layers: layersOption(4, COUPLING) });

/** Options of coupling flows, in which neighbouring layers transform opposite halves. */
export type CouplingFlowOptions = z.input<typeof couplingOptions>;

/**
 * Coupling layers over one elementwise family, alternating which half they transform. With one dimension there is no
 * other half to look at, and each layer's parameters come from the context alone.
 */
export function couplingLayers(family: ElementwiseFamily, options: CouplingFlowOptions): Bijector {
  const { rng, layers, initialScale, ...sizes } = parseOptions('couplingLayers', couplingOptions, options);
  return stackLayers({ dim: sizes.dim, layers, initialScale }, (i) => {
    const shared = { ...sizes, family, rng: rng.split(i) };
    return sizes.dim === 1
      ? new Conditioned(shared)
      : new Coupling({ ...shared, transformed: i % 2 === 0 ? 'second' : 'first' });
  });
}

/**
 * NICE: additive couplings, then a learned factor for each dimension. Over a Gaussian it has one mode, whatever its networks.
 *
 * Dinh, Krueger & Bengio, "NICE: Non-linear Independent Components Estimation", arXiv:1410.8516.
 */
export const nice = flowFamily('nice', {
  description: 'NICE flow: additive couplings, then a factor for each number; one mode',
  schema: couplingOptions,
  options: ['layers'],
  bijector: (options) => new Chain([initialFactor(options.dim, 1), couplingLayers(additiveFamily, options)]),
});

/**
 * RealNVP: affine couplings. Each layer keeps one half of x and maps the other to shift + exp(logScale) · x, both of them
 * functions of the kept half and the context. Before training it is N(0, initialScale²).
 *
 * In one dimension this is a Gaussian.
 *
 * Dinh, Sohl-Dickstein & Bengio, "Density estimation using Real NVP", arXiv:1605.08803.
 */
export const realNvp = flowFamily('realNvp', {
  description: 'RealNVP flow: affine couplings',
  schema: couplingOptions,
  options: ['layers'],
  bijector: (options) => couplingLayers(affineFamily, options),
});

/**
 * Glow's steps on vectors: {@link ActNorm}, a linear map L U in the place of a fixed permutation, and an affine coupling. With a context, L U
 * is a function of it too. Before training it is N(0, I); `initializeActNorms` sets it to the data's scale.
 *
 * Kingma & Dhariwal, "Glow: Generative Flow with Invertible 1×1 Convolutions", arXiv:1807.03039.
 */
export const glow = flowFamily('glow', {
  description: 'Glow flow: ActNorm, a linear map L U and an affine coupling in each layer',
  schema: layeredSizes.extend({ layers: layersOption(4, 'steps of Glow, each with a coupling') }),
  options: ['layers'],
  bijector: (options) => {
    const { dim, contextDim, hidden, activation, initialScale, rng } = options;
    const couplings = couplingLayers(affineFamily, { ...options, initialScale: 1 }) as Chain;
    const steps = couplings.bijectors.flatMap((coupling, i) => [
      new ActNorm(dim),
      new Conditioned({ dim, contextDim, family: luFamily, hidden, activation, rng: rng.split(`lu${i}`) }),
      coupling,
    ]);
    return stackLayers({ dim, layers: steps.length, initialScale }, (i) => steps[i]!);
  },
});

/**
 * Neural spline flow: couplings whose elementwise map is a monotone rational-quadratic spline. Before training
 * it is N(0, initialScale²). It may have several modes in one dimension too.
 *
 * Durkan et al., "Neural Spline Flows", arXiv:1906.04032.
 */
export const neuralSplineFlow = flowFamily('neuralSplineFlow', {
  description: 'neural spline flow: rational-quadratic couplings',
  schema: couplingOptions.extend({ bins, bound }),
  options: ['layers', 'bins', 'bound'],
  bijector: ({ bins, bound, ...options }) => couplingLayers(rationalQuadraticSplineFamily({ bins, bound }), options),
});

/**
 * A flow over angles in [−π, π): a uniform base and monotone rational-quadratic splines on the circle, so that the density
 * has no seam at ±π.
 *
 * Rezende et al., "Normalizing Flows on Tori and Spheres", arXiv:2002.02428.
 */
export const circularSplineFlow = flowFamily('circularSplineFlow', {
  description: 'spline flow over angles in [−π, π), with no seam',
  angles: true,
  schema: flowSizes.extend({ layers: layersOption(2, COUPLING), bins }),
  options: ['layers', 'bins'],
  bijector: ({ bins, ...options }) => couplingLayers(circularSplineFamily({ bins }), options),
});

// Autoregressive layers.

const autoregressiveOptions = layeredSizes.extend({ layers: layersOption(4, AUTOREGRESSIVE), orders });

/** Options of autoregressive flows. */
export type AutoregressiveFlowOptions = z.input<typeof autoregressiveOptions>;

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
  const parsed = parseOptions('autoregressiveLayers', autoregressiveOptions, options);
  const { rng, layers, initialScale, orders, ...sizes } = parsed;
  const { dim } = sizes;
  const order = orders === 'alternating' ? alternatingOrder : randomOrders(dim);
  return stackLayers({ dim, layers, initialScale }, (i) => {
    const shared = { ...sizes, family, rng: rng.split(i) };
    return dim === 1 ? new Conditioned(shared) : new Autoregressive({ ...shared, parallel, order: order(i) });
  });
}

const alternatingOrder = (layer: number): Order => (layer % 2 === 0 ? 'natural' : 'reversed');

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
export const maf = flowFamily('maf', {
  description: 'masked autoregressive flow: affine',
  sequential: 'sampling',
  schema: autoregressiveOptions,
  options: ['layers', 'orders'],
  bijector: (options) => autoregressiveLayers(affineFamily, 'inverse', options),
});

/**
 * Inverse autoregressive flow: xᵢ = shift + exp(logScale) · zᵢ, both of them functions of the entries of z before i and the context.
 * A sample with its log-probability is one pass of each layer's network, the density of a given x one entry after the other. Before
 * training it is N(0, initialScale²).
 *
 * Kingma et al., "Improving Variational Inference with Inverse Autoregressive Flow", arXiv:1606.04934.
 */
export const iaf = flowFamily('iaf', {
  description: 'inverse autoregressive flow: affine',
  sequential: 'density',
  schema: autoregressiveOptions,
  options: ['layers', 'orders'],
  bijector: (options) => autoregressiveLayers(affineFamily, 'forward', options),
});

/**
 * Autoregressive neural spline flow: each entry through a monotone rational-quadratic spline whose parameters are functions of the
 * entries before it and the context. Before training it is N(0, initialScale²).
 *
 * Durkan et al., "Neural Spline Flows", arXiv:1906.04032.
 */
export const autoregressiveSplineFlow = flowFamily('autoregressiveSplineFlow', {
  description: 'autoregressive neural spline flow: rational-quadratic',
  sequential: 'sampling',
  schema: autoregressiveOptions.extend({ bins, bound, parallel }),
  options: ['layers', 'orders', 'bins', 'bound'],
  bijector: ({ parallel, bins, bound, ...options }) =>
    autoregressiveLayers(rationalQuadraticSplineFamily({ bins, bound }), parallel, options),
});

/**
 * An autoregressive flow over angles in [−π, π): a uniform base and monotone rational-quadratic splines on the circle, of which
 * each depends on the angles before it, by their cosines and sines, and the context.
 *
 * Rezende et al., "Normalizing Flows on Tori and Spheres", arXiv:2002.02428.
 */
export const circularAutoregressiveSplineFlow = flowFamily('circularAutoregressiveSplineFlow', {
  description: 'autoregressive spline flow over angles in [−π, π), with no seam',
  angles: true,
  sequential: 'sampling',
  schema: flowSizes.extend({ layers: layersOption(2, AUTOREGRESSIVE), orders, bins, parallel }),
  options: ['layers', 'orders', 'bins'],
  bijector: ({ parallel, bins, ...options }) => autoregressiveLayers(circularSplineFamily({ bins }), parallel, options),
});

// Autoregressive layers over families whose inverses are numerical.

const monotoneOptions = autoregressiveOptions.extend({ layers: layersOption(2, AUTOREGRESSIVE), parallel });

/** Options of {@link monotoneAutoregressiveFlow}. */
export type MonotoneAutoregressiveFlowOptions = z.input<typeof monotoneOptions>;

/**
 * A flow of autoregressive layers over a family whose inverses are numerical: its formula goes the way that is one pass, so that
 * roots are sought only where one entry is taken after the other.
 */
export function monotoneAutoregressiveFlow(
  family: ElementwiseFamily,
  options: MonotoneAutoregressiveFlowOptions,
): Flow {
  const parsed = parseOptions('monotoneAutoregressiveFlow', monotoneOptions, options);
  const { dim, contextDim } = parsed;
  return new Flow({ dim, contextDim, bijector: monotoneLayers(family, parsed) });
}

function monotoneLayers(
  family: ElementwiseFamily,
  { parallel, ...options }: z.output<typeof monotoneOptions>,
): Bijector {
  return autoregressiveLayers(parallel === 'inverse' ? inverseFamily(family) : family, parallel, options);
}

/**
 * Bernstein polynomial flow: each entry through an increasing Bernstein polynomial whose coefficients are functions of the entries
 * before it and the context. Before training it is N(0, initialScale²).
 *
 * Sick, Hothorn & Dürr, arXiv:2004.00464; Ramasinghe et al., "Robust normalizing flows using Bernstein-type polynomials",
 * arXiv:2102.03509.
 */
export const bernsteinFlow = flowFamily('bernsteinFlow', {
  description: 'autoregressive flow of Bernstein polynomials',
  sequential: 'sampling',
  schema: monotoneOptions.extend({
    bound: tails,
    degree: count(16, 'degree of each polynomial', 'powers'),
  }),
  options: ['layers', 'orders', 'bound', 'degree'],
  bijector: ({ degree, bound, ...options }) => monotoneLayers(bernsteinFamily({ degree, bound }), options),
});

/**
 * Sum-of-squares polynomial flow: each entry through the integral of a sum of squared polynomials whose coefficients are functions
 * of the entries before it and the context. Before training it is N(0, initialScale²).
 *
 * Jaini, Selby & Yu, "Sum-of-squares polynomial flow", arXiv:1905.02325.
 */
export const sumOfSquaresFlow = flowFamily('sumOfSquaresFlow', {
  description: 'autoregressive flow of sum-of-squares polynomials',
  sequential: 'sampling',
  schema: monotoneOptions.extend({
    bound: tails,
    polynomials: count(3, 'polynomials that are squared', 'polynomials'),
    degree: count(4, 'degree of each of them', 'powers'),
  }),
  options: ['layers', 'orders', 'bound', 'polynomials', 'degree'],
  bijector: ({ polynomials, degree, bound, ...options }) =>
    monotoneLayers(sumOfSquaresFamily({ polynomials, degree, bound }), options),
});

/**
 * Neural autoregressive flow: each entry through a monotone network, a deep sigmoidal one, whose weights are functions of the
 * entries before it and the context. Before training it is N(0, initialScale²).
 *
 * Huang et al., "Neural autoregressive flows", arXiv:1804.00779.
 */
export const neuralAutoregressiveFlow = flowFamily('neuralAutoregressiveFlow', {
  description: 'neural autoregressive flow: monotone networks, deep sigmoidal',
  sequential: 'sampling',
  schema: monotoneOptions.extend({
    bound: tails,
    depth: count(2, 'layers of each monotone network', 'layers'),
    units: count(8, 'sigmoids of each of them', 'sigmoids'),
  }),
  options: ['layers', 'orders', 'bound', 'depth', 'units'],
  bijector: ({ depth, units, bound, ...options }) =>
    monotoneLayers(deepSigmoidalFamily({ layers: depth, units, bound }), options),
});

/**
 * Unconstrained neural autoregressive flow: each entry through the integral of a positive network whose weights are functions of
 * the entries before it and the context. Before training it is N(0, initialScale²).
 *
 * Wehenkel & Louppe, "Unconstrained monotonic neural networks", arXiv:1908.05164.
 */
export const unconstrainedAutoregressiveFlow = flowFamily('unconstrainedAutoregressiveFlow', {
  description: 'unconstrained neural autoregressive flow: integrals of positive networks',
  sequential: 'sampling',
  schema: monotoneOptions.extend({
    bound: tails,
    units: count(8, 'width of each positive network', 'neurons'),
  }),
  options: ['layers', 'orders', 'bound', 'units'],
  bijector: ({ units, bound, ...options }) => monotoneLayers(unconstrainedMonotonicFamily({ units, bound }), options),
});

/**
 * Block neural autoregressive flow: all numbers through one network that increases in each of them, given those before it
 * and the context; see {@link BlockAutoregressive}. Each network takes the numbers in the opposite order of the one before. A density is
 * one pass of each network, a sample one root after the other. Before training it is near N(0, initialScale²).
 *
 * De Cao, Titov & Aziz, "Block neural autoregressive flow", arXiv:1904.04676.
 */
export const blockAutoregressiveFlow = flowFamily('blockAutoregressiveFlow', {
  description: 'block neural autoregressive flow: one network that increases in every number',
  sequential: 'sampling',
  schema: layeredSizes.extend({
    layers: layersOption(2, 'networks, each in the opposite order of the one before'),
    hidden: layeredSizes.shape.hidden.describe(
      "widths of each network's hidden layers; their units are dealt out to the numbers and the context",
    ),
    activation: z.literal('tanh').default('tanh').describe('activation after each hidden layer; no other will do'),
    parallel,
  }),
  options: ['layers'],
  // A policy has any, and these networks the only one that they can have.
  ignored: 'activation',
  bijector: ({ dim, contextDim, layers, parallel, hidden, initialScale, rng }) =>
    stackLayers({ dim, layers, initialScale }, (i) =>
      reverseInTurn(i, dim, new BlockAutoregressive({ dim, contextDim, parallel, hidden, rng: rng.split(i) })),
    ),
});

// Maps of single numbers and linear maps in turns.

/** At 1 a PReLU is no bend, and where it might be one makes no difference. With its reciprocal in turn they begin near the identity. */
const INITIAL_SLOPE = 0.9;

/**
 * A flow that is built as a multilayer perceptron, of maps that can be inverted: affine maps shift + (M + V D Vᵀ) x and between them
 * PReLUs with learned slopes. Near the identity at first. With a context, the affine maps are functions of it.
 *
 * The flow of Eric Jang's "Normalizing Flows Tutorial, Part 1: Distributions and Determinants", 2018. It bends space once a layer,
 * and takes many for what one coupling does.
 */
export const mlpFlow = flowFamily('mlpFlow', {
  description: 'invertible multilayer perceptron: affine maps M + V D Vᵀ with PReLUs between them',
  schema: flowSizes.extend({
    layers: layersOption(
      6,
      'affine maps, with a PReLU between any two; each map has a network where there is a context',
    ),
    slopes: choice(['shared', 'perDimension'], 'shared', 'one slope a PReLU, or one for each number'),
    rank: z
      .int()
      .positive()
      .optional()
      .meta({ description: 'columns of V; by default 2, or as many as an event has numbers', unit: 'columns' }),
    triangular: flag(true, 'whether M is lower triangular, or diagonal, which is linear in the size of an event'),
    crossingWidth: nonnegative(
      0.1,
      'width over which a PReLU goes from one slope to the other; 0 for the gradient of each log-density by itself',
    ),
  }),
  options: ['layers', 'slopes'],
  bijector: ({ layers, slopes, rank, triangular, crossingWidth, rng, ...sizes }) => {
    const family = lowRankAffineFamily({ triangular, ...(rank !== undefined && { rank }) });
    // From the data to the noise.
    const bijectors = Array.from({ length: layers }, (_, i): Bijector[] => {
      const affine = new Conditioned({ ...sizes, family, rng: rng.split(i) });
      if (i === 0) return [affine];
      const initialSlope = i % 2 === 1 ? INITIAL_SLOPE : 1 / INITIAL_SLOPE;
      return [new PRelu({ initialSlope, crossingWidth, ...(slopes === 'perDimension' && { dim: sizes.dim }) }), affine];
    });
    return new Chain(bijectors.flat());
  },
});

/**
 * Gaussianization flow. From data to noise, each layer takes every number through the distribution function of a mixture and an inverse
 * one, whatever the others are, and then turns the space; the mixtures are functions of the context, or free. A density is by formulas, a
 * sample by numerical inverses, both without an order of the numbers. Turns are by random orthogonal matrices, the same ones for all flows
 * of a `dim`, so that saved variables fit. Before training it is N(0, initialScale²).
 *
 * Meng, Song, Song & Ermon, "Gaussianization flows", arXiv:2003.01941.
 */
export const gaussianizationFlow = flowFamily('gaussianizationFlow', {
  description: 'Gaussianization flow: mixtures of logistic distributions, number by number, and turns of the space',
  schema: layeredSizes.extend({
    layers: layersOption(4, 'turns of the space, each with a map of every number'),
    components: count(8, 'logistic distributions in each mixture', 'components'),
    bound: tails,
  }),
  options: ['layers', 'components', 'bound'],
  bijector: ({ layers, components, bound, initialScale, rng, ...sizes }) => {
    const { dim } = sizes;
    const family = inverseFamily(gaussianizationFamily({ components, bound }));
    const rotations = new Rng('gaussianizationFlow');
    return stackLayers({ dim, layers, initialScale }, (i) => {
      const marginals = new Conditioned({ ...sizes, family, rng: rng.split(i) });
      return dim === 1 ? marginals : new Chain([marginals, new Orthogonal(orthogonal()(dim, dim, rotations.split(i)))]);
    });
  },
});

/**
 * Triangular spline flow: from noise to data, each layer takes every number through a rational-quadratic spline and then all
 * through shift + L x, L lower triangular and upper in turns. Parameters are functions of the context, or free. Without a context
 * it has no network: whatever bends is a map of one number, and numbers are mixed linearly. Before training it is N(0, initialScale²).
 *
 * The layers are those of flowjax's flow of this name; splines by Durkan et al., "Neural spline flows", arXiv:1906.04032.
 */
export const triangularSplineFlow = flowFamily('triangularSplineFlow', {
  description: 'triangular spline flow: rational-quadratic, number by number, and triangular maps',
  schema: layeredSizes.extend({
    layers: layersOption(4, 'triangular maps, each with a spline of every number'),
    bins,
    bound,
  }),
  options: ['layers', 'bins', 'bound'],
  bijector: ({ layers, bins, bound, initialScale, rng, ...sizes }) => {
    const { dim } = sizes;
    const splines = rationalQuadraticSplineFamily({ bins, bound });
    return stackLayers({ dim, layers, initialScale }, (i) => {
      const mix = new Conditioned({ ...sizes, family: triangularAffineFamily, rng: rng.split(i).split('triangular') });
      const bend = new Conditioned({ ...sizes, family: splines, rng: rng.split(i).split('spline') });
      return new Chain([reverseInTurn(i, dim, mix), bend]);
    });
  },
});

// Maps of whole vectors.

/** Maps of one family of maps of vectors on a Gaussian of any mean and scale, all functions of the context where there is one. */
function vectorLayers(
  family: VectorFamily,
  { layers, rng, ...sizes }: z.output<typeof flowSizes> & { readonly layers: number },
): Bijector {
  const maps = Array.from({ length: layers }, (_, i) => new Conditioned({ ...sizes, family, rng: rng.split(i) }));
  return new Chain([...maps, new Conditioned({ ...sizes, family: affineFamily, rng: rng.split('base') })]);
}

/**
 * Planar flow: layers x + û tanh(wᵀx + b) on a Gaussian. The inverse, and so the density at a point that is not a sample, takes a root a layer.
 *
 * Rezende & Mohamed, "Variational Inference with Normalizing Flows", arXiv:1505.05770.
 */
export const planarFlow = flowFamily('planarFlow', {
  description: 'planar flow: bends along one direction in each layer',
  schema: flowSizes.extend({ layers: layersOption(8, 'bends, each with a network where there is a context') }),
  options: ['layers'],
  bijector: (options) => vectorLayers(planarFamily, options),
});

/**
 * Radial flow: layers x + β (x − c) / (α + ‖x − c‖) on a Gaussian, analytic both ways.
 *
 * Rezende & Mohamed, "Variational Inference with Normalizing Flows", arXiv:1505.05770.
 */
export const radialFlow = flowFamily('radialFlow', {
  description: 'radial flow: moves about one center in each layer',
  schema: flowSizes.extend({ layers: layersOption(8, 'centers, each with a network where there is a context') }),
  options: ['layers'],
  bijector: (options) => vectorLayers(radialFamily, options),
});

/**
 * Sylvester flow: layers x + Q R tanh(R̃ Qᵀ x + b) on a Gaussian. The inverse, and so the density at a point that is not a sample, takes
 * `rank` roots a layer.
 *
 * van den Berg et al., "Sylvester Normalizing Flows for Variational Inference", arXiv:1803.05649.
 */
export const sylvesterFlow = flowFamily('sylvesterFlow', {
  description: 'Sylvester flow: bends along several directions at once in each layer',
  schema: flowSizes.extend({
    layers: layersOption(4, 'maps, each with a network where there is a context'),
    rank: count(
      4,
      'directions along which each map bends; more than the numbers of an event count as that many',
      'directions',
    ),
  }),
  options: ['layers', 'rank'],
  bijector: ({ rank, ...options }) => vectorLayers(sylvesterFamily({ rank }), options),
});

/**
 * Continuous normalizing flow: the noise follows dx/dt = v(x, t; context) from t = 0 to 1, v a network. Before training it is N(0, I).
 *
 * The density has the solver's error: `new NeuralOde({ field, solver: { kind: 'adaptive' } })` over the same field tells it.
 *
 * Chen et al., "Neural Ordinary Differential Equations", arXiv:1806.07366; Grathwohl et al., "FFJORD", arXiv:1810.01367.
 */
export const continuousFlow = flowFamily('continuousFlow', {
  description: 'continuous normalizing flow: a neural ODE',
  schema: flowSizes.extend({
    steps: z.int().positive().max(1000).default(8).meta({
      description: 'steps of the ODE solver, of equal length; six evaluations of the field each',
      unit: 'steps',
    }),
    solver: solverSchema.optional().describe('solver of the ODE in the place of fixed steps'),
    trace: traceSchema,
  }),
  options: ['steps'],
  bijector: ({ steps, solver, ...field }) =>
    new NeuralOde({ field: new MlpField(field), solver: solver ?? { kind: 'fixed', steps } }),
});

/** The families of flows of oxbow, by name, each with its usual depth. */
export const builtinFlows = {
  realnvp: realNvp,
  nice,
  glow,
  spline: neuralSplineFlow,
  maf,
  iaf,
  'autoregressive-spline': autoregressiveSplineFlow,
  planar: planarFlow,
  radial: radialFlow,
  sylvester: sylvesterFlow,
  mlp: mlpFlow,
  bernstein: bernsteinFlow,
  'sum-of-squares': sumOfSquaresFlow,
  'neural-autoregressive': neuralAutoregressiveFlow,
  'unconstrained-autoregressive': unconstrainedAutoregressiveFlow,
  'block-autoregressive': blockAutoregressiveFlow,
  'triangular-spline': triangularSplineFlow,
  gaussianization: gaussianizationFlow,
  'circular-spline': circularSplineFlow,
  'circular-autoregressive-spline': circularAutoregressiveSplineFlow,
  continuous: continuousFlow,
} satisfies Record<string, FlowDefinition>;
