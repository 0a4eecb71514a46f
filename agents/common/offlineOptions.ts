import { z } from 'zod';
import type { EpisodeSource } from '../../datasets/episode.ts';
import { standardize } from './actionMoments.ts';
import { normalizationOptions } from './observationStatistics.ts';
import { offPolicyOptions } from './offPolicyOptions.ts';
import { partSchemas } from './partSchemas.ts';

const { batchSize, learningRate, gamma, nSteps, tau, bufferSize, updatesPerStep } = offPolicyOptions;

const isSource = (value: unknown): boolean =>
  typeof (value as Partial<EpisodeSource> | undefined)?.episodes === 'function';

/** The episodes that an agent learns from. */
export const datasetOption = z
  .custom<EpisodeSource>(
    isSource,
    'episodes: a dataset, or { observationSpace, actionSpace, numEpisodes, numSteps, episodes }',
  )
  .meta({ description: 'the episodes to learn from', type: 'EpisodeSource' });

/** Options of the agents that learn from data, and then go on in an environment. */
export const offlineOptions = {
  policy: partSchemas.policy,
  dataset: datasetOption,
  env: partSchemas.env
    .optional()
    .meta({ description: 'where the last onlineSteps are made; not used without them', type: 'VectorEnv | Env' }),
  rng: partSchemas.rng,
  batchSize,
  learningRate,
  gamma,
  nSteps,
  tau,
  rewardScale: z
    .number()
    .positive()
    .default(1)
    .describe('factor of all rewards, of the data and of the environment, for learning only'),
  normalizeObservations: normalizationOptions.normalizeObservations.describe(
    "whether the policy, and the agent's networks, see observations brought to mean 0, variance 1 by the data, or by moments that the policy brings along",
  ),
  clipObservations: normalizationOptions.clipObservations,
  standardize,
  onlineSteps: z.int().nonnegative().default(0).meta({
    description:
      'the last so many steps of a training are steps of the environment, from which the agent goes on learning; those before are updates on the data',
    unit: 'steps',
  }),
  offlineShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('share of each minibatch that comes from the data when the agent is online; 0.5 is usual'),
  bufferSize: bufferSize.meta({
    description: 'capacity of the replay buffer of what is new when the agent is online',
    unit: 'transitions',
  }),
  learningStarts: z.int().nonnegative().default(1000).meta({
    description: 'steps of the environment before updates go on; until then the agent acts as the data have taught it',
    unit: 'steps',
  }),
  updatesPerStep: updatesPerStep.meta({
    description: 'updates for each step of the environment after learningStarts',
    unit: 'updates per step',
  }),
  reportEvery: z.int().positive().default(1000).meta({
    description: 'steps from one report to the next: updates on the data, or steps of the environment',
    unit: 'steps',
  }),
};

/** {@link offlineOptions} as they are when checked. */
export type OfflineConfig = z.output<z.ZodObject<typeof offlineOptions>>;
