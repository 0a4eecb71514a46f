import { z } from 'zod';
import { commonShape, engineSetting } from '../../cli/experiment/experiment.ts';
import { BANANA_STANDARD, standardized } from '../../src/flows/planeDensities.ts';
import { type Flow, maf, mlpFlow, neuralSplineFlow, type Rng, realNvp } from '../../src/index.ts';

export const choices = {
  studies: ['banana'],
  policies: ['mlp', 'realnvp', 'maf', 'spline'],
  environments: ['banana'],
} as const;

export type Family = (typeof choices.policies)[number];

const count = (most = 10_000_000) => z.int().positive().max(most);

export const bananaSchema = z.strictObject({
  ...commonShape(choices, { seeds: 5 }),
  engine: engineSetting('wasm'),
  steps: count().default(40_000).meta({ description: 'length of a fit', unit: 'updates' }),
  batchSize: count(1_000_000).default(512).meta({ description: 'fresh draws of an update', unit: 'draws' }),
  learningRate: z.number().positive().default(1e-3).describe('learning rate of Adam'),
  heldOut: count(1_000_000)
    .default(10_000)
    .meta({ description: 'draws by which the best weights are chosen', unit: 'draws' }),
  test: count(1_000_000).default(100_000).meta({ description: 'draws by which they are judged', unit: 'draws' }),
  samples: count(100_000)
    .default(4000)
    .meta({ description: 'samples of a fitted model, shown and for its scores', unit: 'draws' }),
});

export type BananaConfig = z.infer<typeof bananaSchema>;

/**
 * A family at its size here. The multilayer perceptron is the tutorial's and sees the data as they are; the others, whose layers are made for
 * numbers near 1, through their mean and standard deviation.
 */
export function makeFlow(family: Family, rng: Rng): Flow {
  const sizes = { dim: 2, hidden: [32, 32], rng };
  switch (family) {
    case 'mlp':
      return mlpFlow({ dim: 2, rng });
    case 'realnvp':
      return standardized(realNvp({ ...sizes, layers: 4 }), BANANA_STANDARD);
    case 'maf':
      return standardized(maf({ ...sizes, layers: 4 }), BANANA_STANDARD);
    case 'spline':
      return standardized(neuralSplineFlow({ ...sizes, layers: 2, bound: BANANA_STANDARD.bound }), BANANA_STANDARD);
  }
}
