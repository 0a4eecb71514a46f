import { z } from 'zod';
import type { EpisodeSource } from '../../datasets/episode.ts';
import { normalizationOptions, standardize } from './normalization.ts';
import { type ActorCriticRate, actorCriticRates, offPolicyOptions, partSchemas } from './options.ts';

/** The option of what the data count in the end, where the agent has gone on online. */
export const onlineDataFactor = z
  .number()
  .nonnegative()
  .default(1)
  .describe(
    'factor of the term that keeps the policy near the data, at the end of the online steps; it goes there from 1 in a straight line',
  );

/** What changes in the course of a training whose policy is kept near the data. */
export const dataRates = {
  /** As a compiled update takes them: scalars. */
  shapes: { ...actorCriticRates.shapes, dataFactor: { shape: [] } },
  /** By the share of the online steps that is done. */
  online: (config: { readonly onlineDataFactor: number }) => ({
    dataFactor: { linear: [1, config.onlineDataFactor] as const },
  }),
};

export type DataRate = ActorCriticRate | keyof ReturnType<typeof dataRates.online>;

/** What data are like, by which the weight of staying near them is chosen. */
const kinds = ['mixed', 'demonstrations'] as const;

/** A weight for each kind of data. */
type DataWeights = Readonly<Record<(typeof kinds)[number], number>>;

/**
 * The option α: a number, or the kind of the data. There is no number for all data: where it is too small critics diverge, and where it is too
 * large the policy clones what is bad. Without one it is that of demonstrations, which clones rather than diverges.
 * @param what is weighted: `the distance to the behaviour`
 */
export const dataWeightOption = (what: string, { mixed, demonstrations }: DataWeights) =>
  z
    .union([z.enum(kinds), z.number().positive()], `a number > 0, or ${kinds.map((kind) => `"${kind}"`).join(' or ')}`)
    .default('demonstrations')
    .meta({
      description:
        `α, what ${what} counts beside values of mean size 1; 'mixed' is ${mixed}, for data of good and bad episodes, ` +
        `'demonstrations' is ${demonstrations}, for data that are good as a whole`,
      type: '"mixed", "demonstrations" or a number > 0',
    });

/** The number that the option stands for. */
export function dataWeight(option: (typeof kinds)[number] | number, weights: DataWeights): number {
  return typeof option === 'number' ? option : weights[option];
}

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
