import { z } from 'zod';
import { autoregressiveSplineFlow } from './autoregressiveSplineFlow.ts';
import { bernsteinFlow } from './bernsteinFlow.ts';
import { blockAutoregressiveFlow } from './blockAutoregressiveFlow.ts';
import { circularAutoregressiveSplineFlow } from './circularAutoregressiveSplineFlow.ts';
import { circularSplineFlow } from './circularSplineFlow.ts';
import { continuousFlow } from './continuousFlow.ts';
import type { Flow } from './flow.ts';
import {
  binsOption,
  boundOption,
  layersOption,
  ordersOption,
  slopesOption,
  stepsOption,
  tailsOption,
} from './flowOptions.ts';
import type { FlowSizes } from './flowSizes.ts';
import { gaussianizationFlow } from './gaussianizationFlow.ts';
import { glow } from './glow.ts';
import { iaf } from './iaf.ts';
import { maf } from './maf.ts';
import { mlpFlow } from './mlpFlow.ts';
import { neuralAutoregressiveFlow } from './neuralAutoregressiveFlow.ts';
import { neuralSplineFlow } from './neuralSplineFlow.ts';
import { nice } from './nice.ts';
import { planarFlow } from './planarFlow.ts';
import { radialFlow } from './radialFlow.ts';
import { realNvp } from './realNvp.ts';
import { sumOfSquaresFlow } from './sumOfSquaresFlow.ts';
import { sylvesterFlow } from './sylvesterFlow.ts';
import { triangularSplineFlow } from './triangularSplineFlow.ts';
import { unconstrainedAutoregressiveFlow } from './unconstrainedAutoregressiveFlow.ts';

/** A family of flows, and what one has to know to choose it. */
export interface FlowDefinition {
  /** One line. */
  readonly description: string;
  /** Whether events are angles. */
  readonly angles?: boolean;
  /** The least size of an event; 1 unless given. */
  readonly leastDim?: number;
  /** Which of the two takes the numbers of an event one after the other, if one does: its time grows with their count. */
  readonly sequential?: 'sampling' | 'density';
  /** What `make` takes beside the sizes: JSON values, each with a default and a `describe`. */
  readonly options?: z.ZodRawShape;
  make(sizes: FlowSizes): Flow;
}

const AUTOREGRESSIVE = 'autoregressive layers, each with a masked network';

const monotone = { layers: layersOption(2, AUTOREGRESSIVE), orders: ordersOption, bound: tailsOption };

/** The families of flows of oxbow, by name, each with its usual depth. */
export const builtinFlows = {
  realnvp: { description: 'RealNVP flow: affine couplings', options: { layers: layersOption(4) }, make: realNvp },
  nice: {
    description: 'NICE flow: additive couplings, then a factor for each number; one mode',
    options: { layers: layersOption(4) },
    make: nice,
  },
  glow: {
    description: 'Glow flow: ActNorm, a linear map L U and an affine coupling in each layer',
    options: { layers: layersOption(4, 'steps of Glow, each with a coupling') },
    make: glow,
  },
  spline: {
    description: 'neural spline flow: rational-quadratic couplings',
    options: { layers: layersOption(4), bins: binsOption, bound: boundOption },
    make: neuralSplineFlow,
  },
  maf: {
    description: 'masked autoregressive flow: affine',
    sequential: 'sampling',
    options: { layers: layersOption(4, AUTOREGRESSIVE), orders: ordersOption },
    make: maf,
  },
  iaf: {
    description: 'inverse autoregressive flow: affine',
    sequential: 'density',
    options: { layers: layersOption(4, AUTOREGRESSIVE), orders: ordersOption },
    make: iaf,
  },
  'autoregressive-spline': {
    description: 'autoregressive neural spline flow: rational-quadratic',
    sequential: 'sampling',
    options: { layers: layersOption(4, AUTOREGRESSIVE), orders: ordersOption, bins: binsOption, bound: boundOption },
    make: autoregressiveSplineFlow,
  },
  planar: {
    description: 'planar flow: bends along one direction in each layer',
    options: { layers: layersOption(8, 'bends, each with a network where there is a context') },
    make: planarFlow,
  },
  radial: {
    description: 'radial flow: moves about one center in each layer',
    options: { layers: layersOption(8, 'centers, each with a network where there is a context') },
    make: radialFlow,
  },
  sylvester: {
    description: 'Sylvester flow: bends along several directions at once in each layer',
    options: {
      layers: layersOption(4, 'maps, each with a network where there is a context'),
      rank: z.int().positive().default(4).describe('directions of each map, at most as many as an event has numbers'),
    },
    make: sylvesterFlow,
  },
  mlp: {
    description: 'invertible multilayer perceptron: affine maps M + V D Vᵀ with PReLUs between them',
    options: {
      layers: layersOption(6, 'affine maps, each with a network where there is a context'),
      slopes: slopesOption,
    },
    make: mlpFlow,
  },
  bernstein: {
    description: 'autoregressive flow of Bernstein polynomials',
    sequential: 'sampling',
    options: { ...monotone, degree: z.int().positive().default(16).describe('degree of each polynomial') },
    make: bernsteinFlow,
  },
  'sum-of-squares': {
    description: 'autoregressive flow of sum-of-squares polynomials',
    sequential: 'sampling',
    options: {
      ...monotone,
      polynomials: z.int().positive().default(3).describe('polynomials that are squared'),
      degree: z.int().positive().default(4).describe('degree of each of them'),
    },
    make: sumOfSquaresFlow,
  },
  'neural-autoregressive': {
    description: 'neural autoregressive flow: monotone networks, deep sigmoidal',
    sequential: 'sampling',
    options: {
      ...monotone,
      depth: z.int().positive().default(2).describe('layers of each monotone network'),
      units: z.int().positive().default(8).describe('sigmoids of each of them'),
    },
    make: neuralAutoregressiveFlow,
  },
  'unconstrained-autoregressive': {
    description: 'unconstrained neural autoregressive flow: integrals of positive networks',
    sequential: 'sampling',
    options: { ...monotone, units: z.int().positive().default(8).describe('width of each positive network') },
    make: unconstrainedAutoregressiveFlow,
  },
  'block-autoregressive': {
    description: 'block neural autoregressive flow: one network that increases in every number',
    sequential: 'sampling',
    options: { layers: layersOption(2, 'networks, each in the opposite order of the one before') },
    make: blockAutoregressiveFlow,
  },
  'triangular-spline': {
    description: 'triangular spline flow: rational-quadratic, number by number, and triangular maps',
    options: {
      layers: layersOption(4, 'triangular maps, each with a spline of every number'),
      bins: binsOption,
      bound: boundOption,
    },
    make: triangularSplineFlow,
  },
  gaussianization: {
    description: 'Gaussianization flow: mixtures of logistic distributions, number by number, and turns of the space',
    options: {
      layers: layersOption(4, 'turns of the space, each with a map of every number'),
      components: z.int().positive().default(8).describe('logistic distributions in each mixture'),
      bound: tailsOption,
    },
    make: gaussianizationFlow,
  },
  'circular-spline': {
    description: 'spline flow over angles in [-π, π), with no seam',
    angles: true,
    options: { layers: layersOption(2), bins: binsOption },
    make: circularSplineFlow,
  },
  'circular-autoregressive-spline': {
    description: 'autoregressive spline flow over angles in [-π, π), with no seam',
    angles: true,
    sequential: 'sampling',
    options: { layers: layersOption(2, AUTOREGRESSIVE), orders: ordersOption, bins: binsOption },
    make: circularAutoregressiveSplineFlow,
  },
  continuous: {
    description: 'continuous normalizing flow: a neural ODE',
    options: { steps: stepsOption },
    make: continuousFlow,
  },
} as const satisfies Record<string, FlowDefinition>;
