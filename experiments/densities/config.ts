import { z } from 'zod';
import { commonShape, engineSetting } from '../../cli/experiment/experiment.ts';
import {
  checkerboard,
  eightGaussians,
  type PlaneDensity,
  pinwheel,
  rings,
  twoMoons,
} from '../../src/flows/planeDensities.ts';
import { builtinFlows, type FlowDefinition } from '../../src/index.ts';

export const targets = {
  'two-moons': twoMoons,
  '8-gaussians': eightGaussians,
  checkerboard,
  rings,
  pinwheel,
} as const satisfies Record<string, PlaneDensity>;
export type TargetName = keyof typeof targets;

/** The families of flows over the plane. */
export const families: Readonly<Record<string, FlowDefinition>> = Object.fromEntries(
  Object.entries(builtinFlows as Record<string, FlowDefinition>).filter(([, { angles }]) => !angles),
);

export const choices = {
  studies: ['densities'],
  policies: Object.keys(families),
  environments: Object.keys(targets) as TargetName[],
} as const;

const count = (most = 1_000_000) => z.int().positive().max(most);

export const densitiesSchema = z.strictObject({
  ...commonShape(choices, { seeds: 3 }),
  engine: engineSetting('wasm'),
  steps: count(1e9).default(5000).meta({ description: 'length of a fit', unit: 'updates' }),
  batchSize: count(100_000).default(512).meta({ description: 'draws of an update', unit: 'draws' }),
  learningRate: z.number().positive().default(2e-3).describe('learning rate of Adam at first; half a cosine down to 0'),
  hidden: z
    .array(z.int().positive())
    .readonly()
    .default([64, 64])
    .meta({ description: 'widths of the hidden layers', unit: 'neurons' }),
  bins: z.int().min(2).default(16).meta({ description: 'bins of each spline, where a family has them', unit: 'bins' }),
  heldOut: count().default(10_000).meta({ description: 'fresh draws on which a flow is judged', unit: 'draws' }),
});

export type DensitiesConfig = z.infer<typeof densitiesSchema>;
