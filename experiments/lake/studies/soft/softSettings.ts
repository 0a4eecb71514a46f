import { z } from 'zod';
import { headingPolicies } from '../../headings/headingPolicies.ts';
import { describeTask, softLakeTasks } from './lakeConditions.ts';

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
    lake: z
      .strictObject({
        steps: count().default(57_344).describe('steps of all environments together'),
        envs: count().default(32).describe('parallel environments'),
        horizon: count().default(64).describe('steps of each environment between updates'),
        cells: count().multipleOf(2).default(40).describe('of the grid of the soft optimum, along one side'),
        points: count().default(180).describe('headings of the soft optimum'),
        tasks: z
          .array(
            z.strictObject({
              stride: z.number().min(0.001).max(4),
              temperature: z.number().min(0.003).max(100),
              policies: z.array(z.enum(headingPolicies)).readonly().default(headingPolicies),
            }),
          )
          .refine(
            (tasks) => new Set(tasks.map(describeTask)).size === tasks.length,
            'tasks that differ in stride or temperature',
          )
          .default([...softLakeTasks])
          .describe('lakes, each with those of the policies that are trained there'),
      })
      .prefault({}),
    sac: z
      .strictObject({
        steps: z
          .int()
          .nonnegative()
          .max(1_000_000)
          .default(0)
          .describe('steps of all environments together by SAC at stride 1.3 and τ = 0.1; 0 leaves it out'),
      })
      .prefault({}),
  })
  .prefault({});

export type SoftSettings = z.infer<typeof softSettings>;
export type BanditSettings = SoftSettings['bandit'];
