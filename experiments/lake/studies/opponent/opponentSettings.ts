import { z } from 'zod';

const count = () => z.int().positive().max(1_000_000);

/** What the study of opponents trains with. */
export const opponentSettings = z
  .strictObject({
    bandit: z
      .strictObject({
        steps: count().default(40_960).describe('episodes of all environments together'),
        envs: count().default(64).describe('parallel environments, each with an opponent of its own'),
        horizon: count().default(16).describe('episodes of each environment between updates'),
        epochs: count().default(4).describe('passes over the episodes of an update'),
        batchSize: count().default(256).describe('episodes of a minibatch'),
        learningRate: z.number().positive().default(3e-3).describe('the first of a cosine'),
      })
      .refine(
        ({ batchSize, envs, horizon }) => batchSize <= envs * horizon,
        'batchSize: at most the envs × horizon episodes between updates',
      )
      .prefault({}),
  })
  .prefault({});
