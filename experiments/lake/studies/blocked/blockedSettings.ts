import { z } from 'zod';

const count = () => z.int().positive().max(1_000_000);

/** What policies go on training with where a bank is blocked; before, they train as those of the soft lake. */
export const blockedSettings = z
  .strictObject({
    fineTuning: z
      .strictObject({
        steps: count().default(20_480).describe('steps of all environments together'),
        envs: count().default(32).describe('parallel environments'),
        horizon: count().default(32).describe('steps of each environment between updates'),
        epochs: count().default(6).describe('passes over the steps of an update'),
        batchSize: count().default(256).describe('steps of a minibatch'),
        learningRate: z.number().positive().default(5e-4),
      })
      .refine(({ batchSize, envs, horizon }) => batchSize <= envs * horizon, 'batchSize: at most envs × horizon')
      .prefault({}),
  })
  .prefault({});
