import { z } from 'zod';
import { builtinFlows, type FlowDefinition } from '../flows/builtinFlows.ts';
import { CategoricalPolicy } from './categoricalPolicy.ts';
import { type FlowPolicyDefinition, flowPolicyDefinition } from './flowPolicyDefinition.ts';
import { FullCovarianceGaussianPolicy } from './fullCovarianceGaussianPolicy.ts';
import { GaussianPolicy } from './gaussianPolicy.ts';
import { MixturePolicy } from './mixturePolicy.ts';
import { completeDefinition } from './policyDefinition.ts';
import { initialScale, noSquash, scale } from './policyOptions.ts';

const families = builtinFlows as Record<string, FlowDefinition>;
/** The policy of every family of flows, by its name. */
const flowPolicies = Object.fromEntries(
  Object.entries(families).map(([name, family]) => [name, flowPolicyDefinition(name, family)]),
) as unknown as { [N in keyof typeof builtinFlows]: FlowPolicyDefinition<(typeof builtinFlows)[N]> };

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
  ...flowPolicies,
  spline: flowPolicyDefinition('spline', builtinFlows.spline, {
    options: {
      layers: z
        .int()
        .positive()
        .optional()
        .describe(
          'coupling layers, each with a network; by default as many as bend each number once: 2, or 1 for one number',
        ),
    },
    settings: ({ layers }, actionDim) => ({ layers: layers ?? Math.min(actionDim, 2) }),
  }),
  categorical: completeDefinition({
    description: 'one of n discrete actions',
    actions: 'discrete',
    options: {
      squash: noSquash('discrete actions have no bounds to squash into'),
      outputScale: z.number().nonnegative().default(0.01).describe("gain of the last layer's kernel before training"),
    },
    make: (options) => new CategoricalPolicy(options),
  }),
};
