import { z } from 'zod';
import { circularSplineFlow } from '../flows/circularSplineFlow.ts';
import { neuralSplineFlow } from '../flows/neuralSplineFlow.ts';
import { realNvp } from '../flows/realNvp.ts';
import { CategoricalPolicy } from './categoricalPolicy.ts';
import { FlowPolicy } from './flowPolicy.ts';
import { FullCovarianceGaussianPolicy } from './fullCovarianceGaussianPolicy.ts';
import { GaussianPolicy } from './gaussianPolicy.ts';
import { MixturePolicy } from './mixturePolicy.ts';
import { completeDefinition } from './policyDefinition.ts';

const initialScale = z.number().positive().default(1).describe('standard deviation before training');
const bins = z.int().min(2).default(8).describe('bins of each spline');
const layers = (count: number) => z.int().positive().default(count).describe('coupling layers, each with a network');

/** The policies of oxbow, by name. */
export const builtinPolicies = {
  gaussian: completeDefinition({
    description: 'Gaussian with independent components',
    options: {
      scale: z
        .enum(['state', 'free'])
        .default('free')
        .describe('the standard deviation is a function of the observation, or a variable'),
      initialScale,
    },
    make: (options) => new GaussianPolicy(options),
  }),
  'gaussian-full': completeDefinition({
    description: 'Gaussian with a full covariance matrix, a function of the observation',
    options: { initialScale },
    make: (options) => new FullCovarianceGaussianPolicy(options),
  }),
  mixture: completeDefinition({
    description: 'mixture of Gaussians, a mixture density network',
    options: {
      components: z.int().positive().default(2).describe('Gaussians in the mixture'),
      initialScale,
      hiddenGain: z.number().positive().default(0.5).describe("gain of the hidden layers' orthogonal kernels"),
    },
    make: (options) => new MixturePolicy(options),
  }),
  realnvp: completeDefinition({
    description: 'RealNVP flow: affine couplings',
    options: { layers: layers(4), initialScale },
    make: ({ squash, ...options }) => new FlowPolicy({ flow: realNvp(flowOptions(options)), squash }),
  }),
  spline: completeDefinition({
    description: 'neural spline flow: rational-quadratic couplings',
    options: {
      layers: layers(4),
      initialScale,
      bins,
      bound: z.number().positive().default(5).describe('splines act on [-bound, bound], identity outside'),
    },
    make: ({ squash, ...options }) => new FlowPolicy({ flow: neuralSplineFlow(flowOptions(options)), squash }),
  }),
  categorical: completeDefinition({
    description: 'one of n discrete actions',
    actions: 'discrete',
    options: {
      squash: z.literal('none').default('none').describe('discrete actions have no bounds to squash into'),
      outputScale: z.number().nonnegative().default(0.01).describe("gain of the last layer's kernel before training"),
    },
    make: (options) => new CategoricalPolicy(options),
  }),
  'circular-spline': completeDefinition({
    description: 'spline flow over angles in [-π, π), with no seam',
    options: {
      layers: layers(2),
      bins,
      squash: z.literal('none').default('none').describe('angles have no bounds to squash into'),
    },
    make({ squash, actionSpace: { low, high }, ...options }) {
      const isTurn = (bound: number, i: number) =>
        Math.fround(bound) === -Math.fround(Math.PI) && Math.fround(high[i]!) === Math.fround(Math.PI);
      if (!Array.from(low).every(isTurn)) {
        throw new Error(
          `circular-spline: wanted actions that are angles from -π to π, got low [${Array.from(low)}], high [${Array.from(high)}]`,
        );
      }
      return new FlowPolicy({ flow: circularSplineFlow(flowOptions(options)), squash });
    },
  }),
};

/** A policy's sizes under the names that flows have for them. */
function flowOptions<T extends { observationDim: number; actionDim: number }>({
  observationDim,
  actionDim,
  ...rest
}: T) {
  return { dim: actionDim, contextDim: observationDim, ...rest };
}
