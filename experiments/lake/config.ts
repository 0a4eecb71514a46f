import { z } from 'zod';
import { commonShape } from '../harness/experiment.ts';
import { policyNames } from './lakePolicies.ts';

export const choices = {
  studies: ['cloning', 'ppo'],
  policies: policyNames,
  environments: ['Lake-v0', 'LakeStride-v0'],
} as const;

const count = () => z.int().positive();

export const lakeSchema = z.strictObject({
  ...commonShape(choices, { seeds: 5 }),
  /** Walks of each trained policy with sampled actions. */
  evaluationEpisodes: count().default(1000),
  cloning: z
    .strictObject({
      /** Walks to learn from, half of them on each bank. */
      demonstrations: count().default(1000),
      /** Updates. */
      steps: count().default(3000),
      batchSize: count().default(256),
      learningRate: z.number().positive().default(3e-3),
    })
    .prefault({}),
  ppo: z
    .strictObject({
      /** Environment steps. */
      steps: count().default(100_000),
      envs: count().default(8),
      /** Steps of all environments together between updates. */
      horizon: count().default(2048),
      epochs: count().default(10),
      batchSize: count().default(64),
      learningRate: z.number().positive().default(3e-4),
    })
    .prefault({}),
});

export type LakeConfig = z.infer<typeof lakeSchema>;
