import { z } from 'zod';

const scales = (values: number[]) => z.array(z.number().positive()).min(1).default(values);

/** What the study of fixed scales trains with; on the lake it has PPO's settings. */
export const fixedScaleSettings = z
  .strictObject({
    bandit: z
      .strictObject({
        scales: scales([0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.2]).describe('σ, rising'),
        updates: z.int().positive().max(100_000).default(150),
        episodes: z.int().positive().max(10_000).default(256).describe('of an update'),
        learningRate: z.number().positive().default(0.05).describe('the first of a cosine'),
      })
      .prefault({}),
    lake: z.strictObject({ scales: scales([0.3, 1]).describe('σ of each velocity') }).prefault({}),
  })
  .prefault({});
