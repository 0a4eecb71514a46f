import { z } from 'zod';
import { builtinFlows, type FlowDefinition } from '../flows/builtinFlows.ts';
import { AutoregressiveCategoricalPolicy } from './autoregressiveCategoricalPolicy.ts';
import { CategoricalPolicy } from './categoricalPolicy.ts';
import { type FlowPolicyDefinition, flowPolicyDefinition } from './flowPolicyDefinition.ts';
import { FullCovarianceGaussianPolicy } from './fullCovarianceGaussianPolicy.ts';
import { GaussianPolicy } from './gaussianPolicy.ts';
import { MixturePolicy } from './mixturePolicy.ts';
import { completeDefinition } from './policyDefinition.ts';
import { makeHead } from './policyHead.ts';
import { headOptions, initialScale, noSquash, scale } from './policyOptions.ts';
import { RelaxedMixturePolicy } from './relaxedMixturePolicy.ts';

const spread = z
  .number()
  .min(0)
  .lt(1)
  .default(0.5)
  .describe("standard deviation of the components' means before training, as a share of the whole's");
const hiddenGain = z.number().positive().default(0.5).describe("gain of the hidden layers' orthogonal kernels");
const outputScale = z.number().nonnegative().default(0.01).describe("gain of the last layer's kernel before training");
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
      ...headOptions,
      spread,
      hiddenGain,
      reparameterize: z
        .boolean()
        .default(false)
        .describe('gradients of samples reach the weights, by the distributional transform: for SAC'),
    },
    make: ({ head, scale, initialScale, ...options }) =>
      head
        ? new MixturePolicy({ ...options, head: makeHead({ ...options, scale, initialScale }) })
        : new MixturePolicy({ ...options, initialScale }),
  }),
  'relaxed-mixture': completeDefinition({
    description: 'Gumbel-softmax mixture of Gaussians: samples between the components too, smooth in the weights',
    options: {
      components: z.int().positive().default(2).describe('Gaussians in the mixture'),
      temperature: z.number().positive().default(0.1).describe('the smaller, the fewer samples between the components'),
      choices: z.int().positive().default(32).describe('values that the Gumbel noise takes'),
      initialScale,
      spread,
      hiddenGain,
    },
    make: (options) => new RelaxedMixturePolicy(options),
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
  'autoregressive-categorical': completeDefinition({
    description: 'each number in a bin, given the bins of those before; an action is sampled number by number',
    options: {
      bins: z.int().min(2).default(11).describe('of equal width, in each dimension'),
      squash: noSquash('actions lie within their bounds as they are'),
      outputScale,
    },
    make: (options) => new AutoregressiveCategoricalPolicy(options),
  }),
  categorical: completeDefinition({
    description: 'one of n discrete actions',
    actions: 'discrete',
    options: {
      squash: noSquash('discrete actions have no bounds to squash into'),
      outputScale,
    },
    make: (options) => new CategoricalPolicy(options),
  }),
};
