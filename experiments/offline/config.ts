import { z } from 'zod';
import { commonShape, engineSetting } from '../../cli/experiment/experiment.ts';
import { type Tuned, tunedSchema } from '../../cli/experiment/tuned.ts';
import { kinds } from '../../cli/train/recipes/recipes.ts';
import { choices } from './cells.ts';
import found from './tuned.json' with { type: 'json' };

/** @param most what memory holds with room to spare */
const count = (most = 1_000_000) => z.int().positive().max(most);

export const offlineSchema = z.strictObject({
  // Seeds that nothing is chosen by.
  ...commonShape(choices, { seeds: 10, first: 1200 }),
  engine: engineSetting('wasm'),
  data: z
    .array(z.enum(kinds))
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'each at most once')
    .readonly()
    .default(kinds.filter((kind) => kind !== 'medium-replay'))
    .describe('kinds of data to learn from; each is a condition'),
  datasets: z
    .string()
    .optional()
    .describe(
      'folder of datasets that "oxbow dataset make" has made, each by the name of its recipe; those of robots must be there, others are made anew where they are not',
    ),
  evaluationEpisodes: count(100_000)
    .default(200)
    .meta({ description: 'episodes of each trained policy, by samples and by greedy actions', unit: 'episodes' }),
  parameters: count()
    .default(18_000)
    .meta({ description: 'size of every policy, ±10 %; critics are beside it', unit: 'parameters' }),
  criticHidden: z
    .array(count(4096))
    .min(1)
    .default([64, 64])
    .describe('widths of the hidden layers of all networks beside the policy'),
  steps: count(1e9).optional().meta({ description: 'length of every training; by default as tuned', unit: 'updates' }),
  batchSize: count(100_000)
    .default(128)
    .meta({ description: 'pairs or transitions of an update', unit: 'transitions' }),
  tuned: tunedSchema(found.tuned as Tuned).describe(
    'settings by study, environment and method, the same for all kinds of data; found with as many trials for each method',
  ),
});

export type OfflineExperimentConfig = z.infer<typeof offlineSchema>;
