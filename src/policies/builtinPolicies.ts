import { z } from 'zod';
import { LocationScale } from '../bijectors/layers/locationScale.ts';
import { circularSplineFlow } from '../flows/circularSplineFlow.ts';
import type { CouplingFlowOptions } from '../flows/couplingFlow.ts';
import type { Flow } from '../flows/flow.ts';
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
const scale = z
  .enum(['state', 'free'])
  .default('free')
  .describe('the standard deviation is a function of the observation, or a variable');
const head = z
  .boolean()
  .default(true)
  .describe(
    "the outermost map is a Gaussian's own, mean and scale: policy gradients then move the flow as they move a Gaussian",
  );

/** The policies of oxbow, by name. */
export const builtinPolicies = {
  gaussian: completeDefinition({
    description: 'Gaussian with independent components',
    options: {
      scale,
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
    options: { head, scale, initialScale, layers: layers(4) },
    make: ({ squash, ...options }) => new FlowPolicy({ ...headed(realNvp, flowOptions(options)), squash }),
  }),
  spline: completeDefinition({
    description: 'neural spline flow: rational-quadratic couplings',
    options: {
      head,
      scale,
      initialScale,
      layers: z
        .int()
        .positive()
        .optional()
        .describe(
          'coupling layers, each with a network; by default as many as bend each number once: 2, or 1 for one number',
        ),
      bins,
      bound: z.number().positive().default(5).describe('splines act on [-bound, bound], identity outside'),
    },
    make({ squash, layers, ...options }) {
      const sizes = flowOptions({ ...options, layers: layers ?? Math.min(options.actionDim, 2) });
      return new FlowPolicy({ ...headed(neuralSplineFlow, sizes), squash });
    },
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

/** A flow, or a flow behind a head: the standard deviation is the head's then, and the flow's is 1. */
function headed<O extends CouplingFlowOptions & { head: boolean; scale: 'state' | 'free' }>(
  flow: (options: CouplingFlowOptions & O) => Flow,
  options: O,
): { flow: Flow; head?: LocationScale } {
  if (!options.head) return { flow: flow(options) };
  return {
    head: new LocationScale({ ...options, rng: options.rng.split('head') }),
    flow: flow({ ...options, initialScale: 1 }),
  };
}

/** A policy's sizes under the names that flows have for them. */
function flowOptions<T extends { observationDim: number; actionDim: number }>({
  observationDim,
  actionDim,
  ...rest
}: T) {
  return { dim: actionDim, contextDim: observationDim, ...rest };
}
