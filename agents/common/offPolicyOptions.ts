import { z } from 'zod';
import { rateSchema } from '../../src/training/rate.ts';
import { gamma, learningRate } from './agentOptions.ts';
import { normalizationOptions } from './observationStatistics.ts';
import { partSchemas } from './partSchemas.ts';

/** Options of the agents that learn from a replay buffer. */
export const offPolicyOptions = {
  ...partSchemas,
  bufferSize: z
    .int()
    .positive()
    .default(1_000_000)
    .meta({ description: 'capacity of the replay buffer', unit: 'transitions' }),
  batchSize: z.int().positive().default(256).meta({ description: 'size of a minibatch', unit: 'transitions' }),
  learningStarts: z.int().positive().default(100).meta({
    description: 'environment steps before the first update; until then actions are uniform, unless they are unbounded',
    unit: 'steps',
  }),
  updateEvery: z.int().positive().default(1).meta({
    description:
      'environment steps between two blocks of updates, each of updateEvery × updatesPerStep; with 1 an update is made as soon as it is due',
    unit: 'steps',
  }),
  updatesPerStep: z.number().positive().default(1).meta({
    description: 'updates for each environment step after learningStarts; 0.25 is one update every four steps',
    unit: 'updates per step',
  }),
  learningRate: learningRate('all networks', 3e-4),
  gamma,
  nSteps: z.int().positive().default(1).meta({
    description:
      'n, over how many steps a target sums up rewards before it asks for a value: r₀ + γ r₁ + … + γⁿ V(sₙ); fewer where the episode ends',
    unit: 'steps',
  }),
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
  ...normalizationOptions,
  reportEvery: z
    .int()
    .positive()
    .default(1000)
    .meta({ description: 'environment steps from one report to the next', unit: 'steps' }),
};

/** Options of the noise that agents of continuous actions add to what they try. */
export const noiseOptions = {
  explorationNoise: z
    .number()
    .nonnegative()
    .default(0)
    .meta({ description: 'σ of the noise on the actions that are tried', unit: 'half the width of the bounds' }),
  noiseCorrelation: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe('ρ, the correlation of this noise from one step to the next; with 0 each step has its own'),
};
