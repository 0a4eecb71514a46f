import { z } from 'zod';
import { type ActorCriticRate, actorCriticRates } from './actorCriticRates.ts';

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
