import { z } from 'zod';

const count = () => z.int().positive().max(1_000_000);

/** What policies that will meet a blocked bank train with, before and after. */
export const blockedSettings = z
  .strictObject({
    pretraining: z
      .strictObject({
        steps: count().default(600).describe('updates'),
        envs: count().default(32).describe('parallel walks, whose positions are the states of an update'),
        actions: count().min(2).default(16).describe('actions tried at each of them'),
        learningRate: z.number().positive().default(5e-3).describe('the first of a cosine'),
        firstTemperature: z.number().positive().default(0.3),
        temperature: z.number().min(0.003).default(0.02).describe('τ, reached after 70 % of the updates'),
        initialScale: z.number().positive().default(1).describe('standard deviation before training'),
      })
      .prefault({}),
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

export type PretrainingSettings = z.infer<typeof blockedSettings>['pretraining'];
