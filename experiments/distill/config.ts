import { z } from 'zod';
import { commonShape, engineSetting } from '../harness/experiment.ts';
import { type DensityName, densities } from './densities.ts';

/** Distilled from the teacher, but for the teacher itself and `iaf-fitted`, which is fitted to the data as the teacher is. */
const flows = ['maf-teacher', 'iaf-student', 'spline-student', 'iaf-fitted'] as const;

export type FlowName = (typeof flows)[number];

export const choices = {
  studies: ['distillation'],
  policies: flows,
  environments: Object.keys(densities) as DensityName[],
} as const;

const count = (most = 1_000_000) => z.int().positive().max(most);

const training = (steps: string) =>
  z
    .strictObject({
      steps: count(1e9).default(3000).describe(steps),
      batchSize: count().default(256),
      learningRate: z
        .number()
        .positive()
        .default(2e-3)
        .describe('of the first update; it falls to 0 on a straight line'),
    })
    .prefault({});

export const distillSchema = z.strictObject({
  ...commonShape(choices, { seeds: 5 }),
  engine: engineSetting('wasm'),
  layers: count(64).default(4).describe('autoregressive layers of every flow'),
  hidden: z.array(count(4096)).min(1).default([64, 64]).describe("widths of each layer's network"),
  evaluationSamples: z
    .int()
    .min(2)
    .max(1_000_000)
    .default(20_000)
    .describe('samples of each estimate: of a KL, of a likelihood'),
  teacher: training('updates, each on fresh data').describe('maximum likelihood: the teacher, and iaf-fitted'),
  student: training('updates, each on fresh samples of the student').describe('distillation'),
});

export type DistillConfig = z.infer<typeof distillSchema>;
