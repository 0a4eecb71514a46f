import type { z } from 'zod';
import type { Bijector } from '../bijectors/bijector.ts';
import { Chain } from '../bijectors/composition.ts';
import { Conditioned } from '../bijectors/conditioned.ts';
import { Coupling } from '../bijectors/coupling.ts';
import {
  additiveFamily,
  affineFamily,
  circularSplineFamily,
  type ElementwiseFamily,
  luFamily,
  rationalQuadraticSplineFamily,
} from '../bijectors/families.ts';
import { ActNorm } from '../bijectors/normalization.ts';
import { Uniform } from '../distributions/uniform.ts';
import { parseOptions } from '../options/parse.ts';
import { Flow, initialFactor } from './flow.ts';
import {
  binsOption,
  boundOption,
  type FlowDefinition,
  flowSizes,
  layeredSizes,
  layersOption,
  stackLayers,
} from './flowDefinition.ts';

const couplingFlowOptions = layeredSizes.extend({ layers: layersOption(4) });

/** Options of coupling flows, in which neighbouring layers transform opposite halves. */
export type CouplingFlowOptions = z.input<typeof couplingFlowOptions>;

/**
 * Coupling layers over one elementwise family, alternating which half they transform. With one dimension there is no
 * other half to look at, and each layer's parameters come from the context alone.
 */
export function couplingLayers(family: ElementwiseFamily, options: CouplingFlowOptions): Bijector {
  const { rng, layers, initialScale, ...sizes } = parseOptions('couplingLayers', couplingFlowOptions, options);
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
export function nice(options: CouplingFlowOptions): Flow {
  const parsed = parseOptions('nice', couplingFlowOptions, options);
  const { dim, contextDim } = parsed;
  const bijector = new Chain([initialFactor(dim, 1), couplingLayers(additiveFamily, parsed)]);
  return new Flow({ dim, contextDim, bijector });
}

export const niceDefinition = {
  description: 'NICE flow: additive couplings, then a factor for each number; one mode',
  schema: couplingFlowOptions,
  options: { layers: couplingFlowOptions.shape.layers },
  make: nice,
} satisfies FlowDefinition;

/**
 * RealNVP: affine couplings. Each layer keeps one half of x and maps the other to shift + exp(logScale) · x, both of them
 * functions of the kept half and the context. Before training it is N(0, initialScale²).
 *
 * In one dimension this is a Gaussian.
 *
 * Dinh, Sohl-Dickstein & Bengio, "Density estimation using Real NVP", arXiv:1605.08803.
 */
export function realNvp(options: CouplingFlowOptions): Flow {
  const parsed = parseOptions('realNvp', couplingFlowOptions, options);
  const { dim, contextDim } = parsed;
  return new Flow({ dim, contextDim, bijector: couplingLayers(affineFamily, parsed) });
}

export const realNvpDefinition = {
  description: 'RealNVP flow: affine couplings',
  schema: couplingFlowOptions,
  options: { layers: couplingFlowOptions.shape.layers },
  make: realNvp,
} satisfies FlowDefinition;

const glowShape = { layers: layersOption(4, 'steps of Glow, each with a coupling') };

const glowOptions = layeredSizes.extend(glowShape);

/** Options of {@link glow}. */
export type GlowOptions = z.input<typeof glowOptions>;

/**
 * Glow's steps on vectors: {@link ActNorm}, a linear map L U in the place of a fixed permutation, and an affine coupling. With a context, L U
 * is a function of it too. Before training it is N(0, I); `initializeActNorms` sets it to the data's scale.
 *
 * Kingma & Dhariwal, "Glow: Generative Flow with Invertible 1×1 Convolutions", arXiv:1807.03039.
 */
export function glow(options: GlowOptions): Flow {
  const parsed = parseOptions('glow', glowOptions, options);
  const { dim, contextDim, hidden, activation, initialScale, rng } = parsed;
  const couplings = couplingLayers(affineFamily, { ...parsed, initialScale: 1 }) as Chain;
  const steps = couplings.bijectors.flatMap((coupling, i) => [
    new ActNorm(dim),
    new Conditioned({ dim, contextDim, family: luFamily, hidden, activation, rng: rng.split(`lu${i}`) }),
    coupling,
  ]);
  return new Flow({ dim, contextDim, bijector: new Chain(steps) }).scaledBy(initialScale);
}

export const glowDefinition = {
  description: 'Glow flow: ActNorm, a linear map L U and an affine coupling in each layer',
  schema: glowOptions,
  options: glowShape,
  make: glow,
} satisfies FlowDefinition;

const neuralSplineShape = { layers: layersOption(4), bins: binsOption, bound: boundOption };

const neuralSplineFlowOptions = layeredSizes.extend(neuralSplineShape);

/** Options of {@link neuralSplineFlow}. */
export type NeuralSplineFlowOptions = z.input<typeof neuralSplineFlowOptions>;

/**
 * Neural spline flow: couplings whose elementwise map is a monotone rational-quadratic spline. Before training
 * it is N(0, initialScale²). It may have several modes in one dimension too.
 *
 * Durkan et al., "Neural Spline Flows", arXiv:1906.04032.
 */
export function neuralSplineFlow(options: NeuralSplineFlowOptions): Flow {
  const { bins, bound, ...coupling } = parseOptions('neuralSplineFlow', neuralSplineFlowOptions, options);
  const { dim, contextDim } = coupling;
  return new Flow({
    dim,
    contextDim,
    bijector: couplingLayers(rationalQuadraticSplineFamily({ bins, bound }), coupling),
  });
}

export const neuralSplineFlowDefinition = {
  description: 'neural spline flow: rational-quadratic couplings',
  schema: neuralSplineFlowOptions,
  options: neuralSplineShape,
  make: neuralSplineFlow,
} satisfies FlowDefinition;

const circularSplineShape = { layers: layersOption(2), bins: binsOption };

const circularSplineFlowOptions = flowSizes.extend(circularSplineShape);

/** Options of {@link circularSplineFlow}. */
export type CircularSplineFlowOptions = z.input<typeof circularSplineFlowOptions>;

/**
 * A flow over angles in [−π, π): a uniform base and monotone rational-quadratic splines on the circle, so that the density
 * has no seam at ±π.
 *
 * Rezende et al., "Normalizing Flows on Tori and Spheres", arXiv:2002.02428.
 */
export function circularSplineFlow(options: CircularSplineFlowOptions): Flow {
  const { bins, ...coupling } = parseOptions('circularSplineFlow', circularSplineFlowOptions, options);
  const { dim, contextDim } = coupling;
  return new Flow({
    dim,
    contextDim,
    bijector: couplingLayers(circularSplineFamily({ bins }), coupling),
    angles: true,
    base: (size, batchShape) => new Uniform({ dim: size, low: -Math.PI, high: Math.PI, batchShape }),
  });
}

export const circularSplineFlowDefinition = {
  description: 'spline flow over angles in [−π, π), with no seam',
  angles: true,
  schema: circularSplineFlowOptions,
  options: circularSplineShape,
  make: circularSplineFlow,
} satisfies FlowDefinition;
