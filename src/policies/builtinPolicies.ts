import { z } from 'zod';
import { Identity } from '../bijectors/elementwise.ts';
import { builtinFlows, neuralSplineFlow } from '../flows/families.ts';
import type { FlowDefinition } from '../flows/flowDefinition.ts';
import { networkOptions } from '../nn/mlp.ts';
import { choice, count, flag, nonnegative, positive } from '../options/fields.ts';
import { AutoregressiveCategoricalPolicy } from './autoregressiveCategoricalPolicy.ts';
import { AutoregressiveMixturePolicy } from './autoregressiveMixturePolicy.ts';
import { BoxScale, boxScale, checkAngles } from './boxScale.ts';
import { CategoricalPolicy, MultiCategoricalPolicy } from './categoricalPolicy.ts';
import { FlowMatchingPolicy, flowMatchingSolvers } from './flowMatchingPolicy.ts';
import { FlowPolicy, makeHead } from './flowPolicy.ts';
import { FullCovarianceGaussianPolicy, GaussianPolicy, TruncatedNormalPolicy } from './gaussianPolicy.ts';
import { ImplicitPolicy } from './implicitPolicy.ts';
import { MinimalIterativePolicy } from './minimalIterativePolicy.ts';
import { MixturePolicy, RelaxedMixturePolicy } from './mixturePolicy.ts';
import { completeDefinition, type MakeArguments, policySchema } from './policyDefinition.ts';
import { QNetworkPolicy, QuantileNetworkPolicy } from './qNetworkPolicy.ts';

/** Options that several policies have. */
const initialScale = positive(
  1,
  "standard deviation before training, of the policy's own numbers: of actions before their squash",
);
const scale = choice(
  ['state', 'free', 'fixed'],
  'free',
  'what the standard deviation is; a function of the observation, a variable, or fixed at initialScale',
);

/** The options of policies that have a head. */
const headOptions = {
  head: flag(
    true,
    "whether the outermost map is a Gaussian's own, mean and scale; policy gradients then move the policy as they move a Gaussian",
  ),
  scale,
  initialScale,
};

/** In the place of the common option `squash`, where there are no bounds to squash into. */
const noSquash = (what: string) => z.literal('none').default('none').describe(`no squash; ${what}`);

const SEQUENTIAL = {
  sampling: '; an action is sampled number by number',
  density: '; a log-probability is found number by number',
};

/** The policy of a family of flows: the flow, behind a `LocationScale` of the observation unless `head` is false. */
function flowPolicyDefinition<O extends z.ZodRawShape>(family: FlowDefinition<O>) {
  return {
    description: describe(family),
    actions: 'box' as const,
    schema: policySchema({ ...headOptions, ...family.options }),
    make({ head, scale, initialScale, ...options }: MakeArguments<typeof headOptions>): FlowPolicy {
      const flow = makeFlow(family, options);
      const { squash } = options;
      return head
        ? new FlowPolicy({ head: makeHead({ ...options, scale, initialScale }), flow, squash })
        : new FlowPolicy({ flow: flow.scaledBy(initialScale), squash });
    },
  };
}

/**
 * The policy of a family of flows over angles, whose base is uniform: a shift would not change that, and a scale would tear it at ±π.
 * @param name the policy's, for errors
 */
function anglePolicyDefinition<O extends z.ZodRawShape>(name: string, family: FlowDefinition<O>) {
  return {
    description: describe(family),
    actions: 'box' as const,
    schema: policySchema({ squash: noSquash('angles have no bounds to squash into'), ...family.options }),
    make(options: MakeArguments<Record<never, never>>): FlowPolicy {
      checkAngles(name, options.actionSpace);
      return new FlowPolicy({ flow: makeFlow(family, options), squash: options.squash });
    },
  };
}

function describe({ description, sequential }: FlowDefinition): string {
  return `${description}${sequential === undefined ? '' : SEQUENTIAL[sequential]}`;
}

/** A flow of actions, given an observation. */
function makeFlow(family: FlowDefinition, options: MakeArguments<Record<never, never>>) {
  const { squash: _, observationSpace: __, actionSpace: ___, observationDim, actionDim, ...settings } = options;
  return family.make({ ...settings, dim: actionDim, contextDim: observationDim });
}

const spread = z
  .number()
  .min(0)
  .lt(1)
  .default(0.5)
  .describe("standard deviation of the components' means before training, as a share of the whole's");
const hiddenGain = positive(0.5, "gain of the hidden layers' orthogonal kernels");
const reparameterize = flag(
  false,
  'whether gradients of samples reach the weights, by the distributional transform; for SAC',
);
const outputScale = nonnegative(0.01, "gain of the last layer's kernel before training");
/** The neural spline flow with as few layers as bend each number once. */
const shallowSpline = {
  ...neuralSplineFlow,
  options: {
    ...neuralSplineFlow.options,
    layers: z.int().positive().optional().meta({
      description:
        'coupling layers, each with a network; by default as many as bend each number once, 2, or 1 for one number',
      unit: 'layers',
    }),
  },
  make: ({ layers, ...sizes }: Parameters<typeof neuralSplineFlow>[0]) =>
    neuralSplineFlow({ ...sizes, layers: layers ?? Math.min(sizes.dim, 2) }),
};

const actionMask = z
  .boolean()
  .optional()
  .describe(
    "whether only actions are taken that the environment's info.actionMask allows; by default those of a training by name, where there is one",
  );

type Families = Omit<typeof builtinFlows, 'spline'> & { spline: typeof shallowSpline };
type OptionsOf<Family> = Family extends FlowDefinition<infer O> ? O : never;

/** The policies of all families of flows, by the families' names. */
const flowPolicies = Object.fromEntries(
  Object.entries({ ...builtinFlows, spline: shallowSpline }).map(([name, family]: [string, FlowDefinition]) => [
    name,
    family.angles ? anglePolicyDefinition(name, family) : flowPolicyDefinition(family),
  ]),
) as {
  [K in keyof Families]: K extends `circular-${string}`
    ? ReturnType<typeof anglePolicyDefinition<OptionsOf<Families[K]>>>
    : ReturnType<typeof flowPolicyDefinition<OptionsOf<Families[K]>>>;
};

/** The options of policies that act by values. */
const valueOptions = {
  activation: networkOptions.activation.default('relu'),
  squash: noSquash('discrete actions have no bounds to squash into'),
  outputScale,
  epsilon: z
    .number()
    .min(0)
    .lt(1)
    .default(0.05)
    .describe('ε, the probability of a uniform action; a training comes down to it from 1'),
  actionMask,
  dueling: flag(
    false,
    'whether the network has two streams, of what a state is worth and of what actions are worth beyond',
  ),
};

/** The policies of oxbow, by name. */
export const builtinPolicies = {
  gaussian: completeDefinition({
    description: 'Gaussian with independent components',
    options: {
      scale,
      initialScale,
      batchRenorm: z
        .boolean()
        .optional()
        .describe(
          'whether the network has batch renormalization, of its input and after each activation; by default it has none; for agents of soft actor-critic, CrossQ above all',
        ),
    },
    make: (options) => new GaussianPolicy(options),
  }),
  'gaussian-full': completeDefinition({
    description: 'Gaussian with a full covariance matrix, a function of the observation',
    options: { initialScale },
    make: (options) => new FullCovarianceGaussianPolicy(options),
  }),
  'truncated-normal': completeDefinition({
    description: 'Gaussian with independent components, cut off at the bounds of the actions',
    options: {
      squash: noSquash('actions lie within their bounds as they are'),
      scale,
      initialScale: positive(
        1,
        'scale of the Gaussian before training and before it is cut off',
        'halves of the width between the bounds',
      ),
    },
    make: (options) => new TruncatedNormalPolicy(options),
  }),
  mixture: completeDefinition({
    description: 'mixture of Gaussians, a mixture density network',
    options: {
      components: count(2, 'number of Gaussians in the mixture', 'components'),
      ...headOptions,
      spread,
      hiddenGain,
      reparameterize,
    },
    make: ({ head, scale, initialScale, ...options }) =>
      head
        ? new MixturePolicy({ ...options, head: makeHead({ ...options, scale, initialScale }) })
        : new MixturePolicy({ ...options, initialScale }),
  }),
  'autoregressive-mixture': completeDefinition({
    description: 'each number a mixture of Gaussians, given those before; an action is sampled number by number',
    options: {
      components: count(2, 'number of Gaussians in the mixture of each block', 'components'),
      block: count(1, 'neighbouring numbers that one mixture is of', 'numbers'),
      independent: flag(
        false,
        'whether blocks are independent given the observation, a product of mixtures; by default each depends on those before it',
      ),
      initialScale,
      spread,
      hiddenGain,
      reparameterize,
    },
    make: (options) => new AutoregressiveMixturePolicy(options),
  }),
  'relaxed-mixture': completeDefinition({
    description: 'Gumbel-softmax mixture of Gaussians: samples between the components too, smooth in the weights',
    options: {
      components: count(2, 'number of Gaussians in the mixture', 'components'),
      temperature: positive(
        0.1,
        'temperature of the Gumbel-softmax; the smaller, the fewer samples between the components',
      ),
      choices: count(32, 'values that the Gumbel noise takes', 'values'),
      initialScale,
      spread,
      hiddenGain,
    },
    make: (options) => new RelaxedMixturePolicy(options),
  }),
  ...flowPolicies,
  'flow-matching': completeDefinition({
    description: 'flow matching: a velocity field carries noise to actions by a few steps; samples without a density',
    options: {
      activation: networkOptions.activation.default('relu'),
      squash: choice(
        ['rescale', 'none', 'standardize'],
        'rescale',
        "what takes the path's ends to actions, which are then clipped; 'rescale' and 'none' count in units of the bounds; 'standardize' is what 'rescale' becomes where there are no bounds and an agent learns from data: units of the data",
      ),
      outputScale: nonnegative(1, "gain of the field's last kernel before training"),
      steps: z
        .int()
        .positive()
        .max(1000)
        .default(5)
        .meta({ description: 'steps of equal length from noise to action', unit: 'steps' }),
      solver: choice(
        flowMatchingSolvers,
        'midpoint',
        "how steps are made; by the midpoint, two evaluations of the field each, or by Euler, one; 'mean', also one, learns mean velocities over steps of any length, so that one step may do",
      ),
    },
    make: ({ squash, ...options }) =>
      new FlowMatchingPolicy({
        ...options,
        ...(squash instanceof BoxScale && squash.followsData && { scale: squash.ofAllBounds() }),
      }),
  }),
  'minimal-iterative': completeDefinition({
    description: 'minimal iterative policy, MIP: regression in two steps; one action, and no density',
    options: {
      activation: networkOptions.activation.default('relu'),
      squash: choice(
        ['rescale', 'none', 'standardize'],
        'rescale',
        "what takes the network's numbers to actions, which are then clipped; 'rescale' and 'none' count in units of the bounds; 'standardize' is what 'rescale' becomes where there are no bounds and an agent learns from data: units of the data",
      ),
      time: z
        .number()
        .gt(0)
        .lt(1)
        .default(0.9)
        .describe(
          't*, at which the second step corrects the first; it learns from actions with noise of deviation 1 − t*',
        ),
    },
    make: ({ squash, ...options }) =>
      new MinimalIterativePolicy({
        ...options,
        ...(squash instanceof BoxScale && squash.followsData && { scale: squash.ofAllBounds() }),
      }),
  }),
  implicit: completeDefinition({
    description: 'one pass of a network takes noise to actions; samples without a density',
    options: {
      activation: networkOptions.activation.default('relu'),
      squash: choice(
        ['rescale', 'none', 'tanh', 'standardize'],
        'rescale',
        "what takes the network's numbers to actions; 'rescale' and 'none' count in units of the bounds, 'tanh' keeps actions within them; 'standardize' is what 'rescale' becomes where there are no bounds and an agent learns from data: units of the data",
      ),
    },
    make: ({ squash, actionSpace, ...options }) => {
      const ofAllBounds = squash instanceof BoxScale ? squash.ofAllBounds() : boxScale(actionSpace);
      const isScale = squash instanceof BoxScale || squash instanceof Identity;
      return new ImplicitPolicy({ ...options, squash: isScale ? ofAllBounds : squash });
    },
  }),
  'autoregressive-categorical': completeDefinition({
    description: 'each number in a bin, given the bins of those before; an action is sampled number by number',
    options: {
      bins: z.int().min(2).default(11).meta({ description: 'bins of equal width, in each dimension', unit: 'bins' }),
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
      actionMask,
    },
    make: (options) => new CategoricalPolicy(options),
  }),
  'q-network': completeDefinition({
    description: 'one of n discrete actions, ε-greedy in the values of a network',
    actions: 'discrete',
    options: valueOptions,
    make: (options) => new QNetworkPolicy(options),
  }),
  'quantile-network': completeDefinition({
    description: "one of n discrete actions, ε-greedy in the mean of a network's quantiles of the return",
    actions: 'discrete',
    options: {
      ...valueOptions,
      quantiles: z
        .int()
        .positive()
        .max(1000)
        .default(32)
        .meta({ description: 'quantiles of the return of each action', unit: 'quantiles' }),
      quantileFunction: choice(
        ['free', 'spline'],
        'free',
        'what the quantiles are; numbers of the network, which may cross, or values of a monotone spline',
      ),
      bins: z.int().min(2).max(500).default(8).meta({ description: 'bins of the spline', unit: 'bins' }),
    },
    make: (options) => new QuantileNetworkPolicy(options),
  }),
  'multi-categorical': completeDefinition({
    description: 'several discrete actions, independent of each other given the observation',
    actions: 'multi-discrete',
    options: {
      squash: noSquash('discrete actions have no bounds to squash into'),
      outputScale,
      actionMask,
    },
    make: (options) => new MultiCategoricalPolicy(options),
  }),
};

/** The options of each policy of oxbow, by its name. */
export type PolicyOptionsByName = {
  [N in keyof typeof builtinPolicies]: z.input<(typeof builtinPolicies)[N]['schema']>;
};

/** Actions within their bounds, and networks as wide as those of the critics. */
const replaying = { squash: 'tanh', hidden: [256, 256], activation: 'relu' };

/** The gradient goes through samples whose width, too, depends on the observation. */
const reparameterized = { ...replaying, scale: 'state', reparameterize: true };

/** Who learns by the mode alone never trains the scale: samples are near the mode, so that they show what was learned. */
const byMode = { ...replaying, initialScale: 0.05 };

/**
 * What suits each learner of a policy's options, in place of the policy's own defaults: of those that the policy has. Where nothing
 * stands the defaults suit it.
 */
export const policyOptionsFor = {
  reinforce: {},
  a2c: {},
  ppo: {},
  fpo: { activation: 'tanh', outputScale: 0.25 },
  reinflow: { activation: 'tanh', outputScale: 0.25, solver: 'euler', steps: 4 },
  sac: reparameterized,
  tqc: reparameterized,
  crossq: { ...reparameterized, batchRenorm: true },
  'soft-q-learning': reparameterized,
  // A narrow density keeps its mode from running away while values are far too large.
  meow: { ...replaying, scale: 'state', initialScale: 0.5 },
  dsrl: {},
  td3: byMode,
  dqn: {},
  'qr-dqn': {},
  'td3-bc': byMode,
  iql: { scale: 'state', hidden: [256, 256], activation: 'relu' },
  gcivl: { scale: 'state', hidden: [256, 256], activation: 'relu' },
  'nf-rlbc': { scale: 'state', hidden: [256, 256], activation: 'relu', reparameterize: true },
  fql: { hidden: [256, 256], activation: 'relu' },
  'behavior-cloning': { scale: 'state' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What learns by a policy: the name of an agent. */
export type LearnerName = keyof typeof policyOptionsFor;
