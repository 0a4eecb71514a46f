import { z } from 'zod';

const count = () => z.int().positive().max(1_000_000);

/** What policies over headings are trained with by PPO, beside the settings of each, and how finely their optimum is solved. */
export const softLakeSettings = z.strictObject({
  steps: count().default(57_344).meta({ description: 'length of a training, over all environments', unit: 'steps' }),
  envs: count().default(32).meta({ description: 'parallel environments', unit: 'environments' }),
  horizon: count().default(64).meta({ description: 'steps of each environment between updates', unit: 'steps' }),
  cells: count()
    .multipleOf(2)
    .default(40)
    .meta({ description: 'cells of the grid of the soft optimum, along one side', unit: 'cells' }),
  points: count().default(180).meta({ description: 'headings of the soft optimum', unit: 'headings' }),
});
