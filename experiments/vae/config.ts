import { z } from 'zod';
import { commonShape, engineSetting } from '../../cli/experiment/experiment.ts';
import { posteriorNames } from './model.ts';

export const choices = { studies: ['vae'], policies: posteriorNames, environments: ['digits'] } as const;

const count = (most = 100_000) => z.int().positive().max(most);

export const vaeSchema = z.strictObject({
  ...commonShape(choices, { seeds: 5 }),
  engine: engineSetting('wasm'),
  steps: count(1e9).default(2000).meta({ description: 'length of a training', unit: 'updates' }),
  batchSize: count(8000).default(128).meta({ description: 'digits of an update', unit: 'digits' }),
  learningRate: z.number().positive().default(4e-3).describe('learning rate at first; it falls to a tenth'),
  warmUp: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('the share of the updates in which the weight of the KL grows to 1'),
  latentDim: count(1000).default(8).meta({ description: 'size of a latent', unit: 'numbers' }),
  hidden: count().default(100).meta({
    description:
      "width of the decoder's hidden layer; encoders are as wide as gives all posteriors the same number of parameters",
    unit: 'neurons',
  }),
  features: count().default(32).meta({ description: 'features; what a posterior is told of a digit', unit: 'numbers' }),
  flow: z
    .strictObject({
      layers: count(100).default(4).meta({ description: 'layers of each flow', unit: 'layers' }),
      hidden: count().default(48).meta({ description: "width of their networks' hidden layers", unit: 'neurons' }),
    })
    .prefault({}),
  heldOut: count(2000).default(2000).meta({ description: 'held-out digits that are measured', unit: 'digits' }),
  samples: count().default(64).meta({ description: 'draws of the bounds for each of them', unit: 'draws' }),
});

export type VaeConfig = z.infer<typeof vaeSchema>;
