import { z } from 'zod';
import type { AnyEnv, VectorEnv } from '../../envs/index.ts';
import type { Policy } from '../../src/index.ts';
import { activationNames } from '../../src/nn/dense.ts';
import { choice, count, flag, nonnegative, positive } from '../../src/options/fields.ts';
import { rngSchema } from '../../src/random.ts';
import { rateSchema } from '../../src/training/optimization.ts';
import { hindsightOptions } from './hindsight.ts';
import { normalizationOptions } from './normalization.ts';

/** Options that several agents have. */
export const gamma = z.number().min(0).max(1).default(0.99).describe('γ, the discount of a step');

export const shapeRate = nonnegative(
  0.3,
  "rate of the variables that shape the policy's noise, as a share of the learning rate; those of a flow below its head",
);

/** What a rate is more than a number, as meanings say it. */
export const OVER_TRAINING = 'may change over the training';

/** @param what it moves: `the policy` */
export const learningRate = (what: string, usual: number) =>
  rateSchema.default(usual).describe(`learning rate of ${what}; ${OVER_TRAINING}`);

/** @param what has the layers: `the value network` */
export const layerWidths = (what: string, usual: readonly number[]) =>
  z
    .array(z.int().positive())
    .readonly()
    .default(usual)
    .meta({ description: `widths of the hidden layers of ${what}`, unit: 'neurons' });

export const maxGradientNorm = (of: string, usual: number) => positive(usual, `largest global norm of ${of}`);

/** The same, where as a rule there is none. */
export const optionalMaxGradientNorm = (of: string) =>
  z.number().positive().optional().describe(`largest global norm of ${of}; by default there is no bound`);

export const reportEvery = (usual: number) => count(usual, 'updates from one report to the next', 'updates');

export const normalizeAdvantages = (where: string, usual: boolean) =>
  flag(usual, `whether advantages are brought to mean 0, variance 1 in each ${where}`);

/** @param what is bounded: `KL` */
export const targetKl = (what: string) =>
  z
    .number()
    .positive()
    .nullable()
    .default(0.2)
    .meta({
      description: `largest ${what} by which one rollout should move the policy; beyond 1.5 times that, the last updates are undone and only the value function learns on; null sets no limit`,
      unit: 'nats',
    });

export const entropyCoefficient = nonnegative(0, 'c_e, the weight of the entropy bonus in the loss');

export const baseEntropy = z.number().optional().meta({
  description:
    "H₀, the entropy beyond which entropy is rewarded; by default 0, and with bounds far from ±1, as [0, 1000], what is 0 in units of the bounds; with the logarithm of the action space's measure the uniform policy has no reward for it, so that no episode is worth going on for its entropy alone",
  unit: 'nats',
});

/** Options of the agents that learn values of actions, for their critics and beside them. */
export const criticOptions = {
  critics: z.int().positive().default(2).describe('N, how many critics there are'),
  criticHidden: layerWidths('the critics', [256, 256]),
  criticActivation: choice(activationNames, 'relu', "activation after each of the critics' hidden layers"),
  criticLayerNorm: flag(
    false,
    "whether each of the critics' hidden layers is normalized before its activation (LayerNorm)",
  ),
  criticLearningRate: rateSchema
    .optional()
    .describe(`learning rate of the critics, by default learningRate; ${OVER_TRAINING}`),
  criticMaxGradientNorm: optionalMaxGradientNorm("the critics' gradient"),
  maxGradientNorm: optionalMaxGradientNorm("the policy's gradient"),
};

/** What a target takes of the critics' values, of agents that stay near data: their least is then often too low. */
export const targetValue = choice(
  ['mean', 'least'],
  'mean',
  "what a target takes of the critics' values; their mean, or the least, where values grow too high",
);

/** For how many critics a target takes the least. */
export const criticsPerTarget = z
  .int()
  .positive()
  .optional()
  .describe(
    'M, how many of the critics, drawn anew in each update, a target takes the least of; by default all. Where it is given, the policy climbs the mean of all critics, as in REDQ',
  );

/** @param what is delayed: `the policy` */
export const policyDelay = (what: string, usual: number) =>
  count(usual, `updates of the critics for each one of ${what}`, 'updates');

/** What agents are made of, for their options' schemas. A policy is known by what it can do, so that anyone's will do. */
export const partSchemas = {
  policy: z
    .custom<Policy>((value) => has(value, 'given', 'trainableVariables'), 'a Policy')
    .meta({ description: 'the policy that is trained', type: 'Policy' }),
  env: z
    .custom<VectorEnv | AnyEnv>((value) => has(value, 'reset', 'step', 'close'), 'a VectorEnv or an Env')
    .meta({
      description: 'parallel environments that reset in the step that ends an episode, or a single environment',
      type: 'VectorEnv | Env',
    }),
  rng: rngSchema.describe("streams the initial weights of the agent's own networks"),
};

function has(value: unknown, ...methods: readonly string[]): boolean {
  const object = value as Record<string, unknown> | null | undefined;
  return typeof object === 'object' && methods.every((method) => typeof object?.[method] === 'function');
}

/** Options of the agents that learn from a replay buffer. */
export const offPolicyOptions = {
  ...partSchemas,
  bufferSize: count(1_000_000, 'capacity of the replay buffer', 'transitions'),
  batchSize: count(256, 'size of a minibatch', 'transitions'),
  learningStarts: count(
    100,
    'environment steps before the first update; until then actions are uniform, unless they are unbounded',
    'steps',
  ),
  updateEvery: count(
    1,
    'environment steps between two blocks of updates, each of updateEvery × updatesPerStep; with 1 an update is made as soon as it is due',
    'steps',
  ),
  updatesPerStep: positive(
    1,
    'updates for each environment step after learningStarts; 0.25 is one update every four steps',
    'updates per step',
  ),
  learningRate: learningRate('all networks', 3e-4),
  gamma,
  nSteps: count(
    1,
    'n, over how many steps a target sums up rewards before it asks for a value: r₀ + γ r₁ + … + γⁿ V(sₙ); fewer where the episode ends; of a policy of chunks of h actions, over n · h steps',
    'steps',
  ),
  tau: z
    .number()
    .positive()
    .max(1)
    .default(0.005)
    .describe('τ of the target networks, θ′ ← θ′ + τ (θ − θ′) after each update'),
  prioritizedAlpha: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe(
      'α of prioritized replay: a transition is drawn in proportion to δ^α, δ the mean over the critics of |Q − y|; 0 draws uniformly, 0.6 is usual',
    ),
  prioritizedBeta: rateSchema
    .refine(
      (rate) =>
        typeof rate === 'function' || (typeof rate === 'number' ? [rate] : rate.linear).every((beta) => beta <= 1),
      'at most 1',
    )
    .default({ linear: [0.4, 1] })
    .describe(
      "β of prioritized replay: how far importance weights of the critics' loss make up for drawing some transitions more often, 1 entirely",
    ),
  ...hindsightOptions,
  ...normalizationOptions,
  reportEvery: count(1000, 'environment steps from one report to the next', 'steps'),
};

/** Of agents that learn policies with a memory from minibatches. */
export const sequenceLength = z.int().positive().optional().meta({
  description:
    'of a policy with a memory: steps that follow each other in a minibatch, through which gradients go back; by default the most, up to 32, of which minibatches are made',
  unit: 'steps',
});

/** Of agents that learn policies with a memory from a replay. */
export const replayedSequenceOptions = {
  sequenceLength,
  burnIn: z.int().nonnegative().optional().meta({
    description:
      'of a policy with a memory: steps before each sequence by which what was remembered is brought up to date; by default half of sequenceLength',
    unit: 'steps',
  }),
};

/** {@link offPolicyOptions} as they are when checked. */
export type OffPolicyConfig = z.output<z.ZodObject<typeof offPolicyOptions>>;

export const sdeSampleFreq = z.int().positive().optional().meta({
  description:
    "gSDE: for how many steps of an episode the noise of actions stays one function of the observation, beyond the episode's length for all of it; by default each step has noise of its own",
  unit: 'steps',
});

/** Options of the noise that agents of continuous actions add to what they try. */
export const noiseOptions = {
  explorationNoise: nonnegative(0, 'σ of the noise on the actions that are tried', 'half the width of the bounds'),
  noiseCorrelation: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe('ρ, the correlation of this noise from one step to the next; with 0 each step has its own'),
};
