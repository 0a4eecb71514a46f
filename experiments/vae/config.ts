import { z } from 'zod';
import { commonShape, engineSetting } from '../harness/experiment.ts';
import { posteriorNames } from './model.ts';

export const choices = { studies: ['vae'], policies: posteriorNames, environments: ['digits'] } as const;

const count = (most = 100_000) => z.int().positive().max(most);

export const vaeSchema = z.strictObject({
  ...commonShape(choices, { seeds: 5 }),
  engine: engineSetting('wasm'),
  steps: count(1e9).default(2000).describe('updates'),
  batchSize: count(8000).default(128).describe('digits of an update'),
  learningRate: z.number().positive().default(4e-3).describe('at first; it falls to a tenth'),
  warmUp: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('the share of the updates in which the weight of the KL grows to 1'),
  latentDim: count(1000).default(8).describe('numbers of a latent'),
  hidden: count()
    .default(100)
    .describe("width of the decoder's hidden layer; encoders are as wide as gives all posteriors the same parameters"),
  features: count().default(32).describe('what a posterior is told of a digit'),
  flow: z
    .strictObject({
      layers: count(100).default(4).describe('layers of each flow'),
      hidden: count().default(48).describe("width of their networks' hidden layers"),
    })
    .prefault({}),
  heldOut: count(2000).default(2000).describe('held-out digits that are measured'),
  samples: count().default(64).describe('draws for each of them, of the bounds'),
});

export type VaeConfig = z.infer<typeof vaeSchema>;
