import { z } from 'zod';
import { commonShape, engineSetting } from '../../cli/experiment/experiment.ts';
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

/** @param events what each update is on */
const training = (events: string) =>
  z
    .strictObject({
      steps: count(1e9)
        .default(3000)
        .meta({ description: `length of the training; each update is on ${events}`, unit: 'updates' }),
      batchSize: count()
        .default(256)
        .meta({ description: `${events} of an update`, unit: 'draws' }),
      learningRate: z
        .number()
        .positive()
        .default(2e-3)
        .describe('learning rate of the first update; it falls to 0 on a straight line'),
    })
    .prefault({});

export const distillSchema = z.strictObject({
  ...commonShape(choices, { seeds: 5 }),
  engine: engineSetting('wasm'),
  layers: count(64).default(4).meta({ description: 'autoregressive layers of every flow', unit: 'layers' }),
  hidden: z
    .array(count(4096))
    .min(1)
    .default([64, 64])
    .meta({ description: "widths of the hidden layers of each layer's network", unit: 'neurons' }),
  evaluationSamples: z
    .int()
    .min(2)
    .max(1_000_000)
    .default(20_000)
    .meta({ description: 'samples of each estimate, of a KL or of a likelihood', unit: 'draws' }),
  teacher: training('fresh data').describe('maximum likelihood, by which the teacher and iaf-fitted learn'),
  student: training('fresh samples of the student').describe('distillation, by which the students learn'),
});

export type DistillConfig = z.infer<typeof distillSchema>;
