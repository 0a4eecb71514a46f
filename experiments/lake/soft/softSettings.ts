import { z } from 'zod';

const count = () => z.int().positive().max(1_000_000);

/** What the study of soft optima, and that of annealing, train with. */
export const softSettings = z
  .strictObject({
    bandit: z
      .strictObject({
        steps: count().default(4000).describe('updates'),
        batchSize: count().multipleOf(2).default(512).describe('actions of an update, in antithetic pairs'),
        learningRate: z.number().positive().default(1.2e-2).describe('the first of a cosine'),
      })
      .prefault({}),
  })
  .prefault({});

export type BanditSettings = z.infer<typeof softSettings>['bandit'];
