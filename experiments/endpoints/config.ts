import { z } from 'zod';
import { densityPolicyNames, SOFT_LAKE, softLakeSettings } from '../../agents/lake.ts';
import { commonShape, engineSetting } from '../../cli/experiment/experiment.ts';
import { tunedSchema } from '../../cli/experiment/searchSpace.ts';
import { softStudies } from './softStudies.ts';
import { readTuned, tuning } from './tuning.ts';

/** The study whose jobs compute what classes can do at best; nothing is trained in it. */
export const FLOORS = 'floors';

export const choices = {
  studies: ['arrival', ...softStudies.map(({ name }) => name), FLOORS],
  policies: densityPolicyNames,
  environments: [SOFT_LAKE],
} as const;

/** @param most what memory holds with room to spare */
const count = (most = 1_000_000) => z.int().positive().max(most);

export const endpointsSchema = z.strictObject({
  // Seeds that nothing was looked at or chosen by.
  ...commonShape(choices, { seeds: 20, first: 100, codes: { arrival: 'E0' } }),
  engine: engineSetting('wasm'),
  evaluationEpisodes: count()
    .default(1000)
    .meta({ description: 'walks of each trained policy, with sampled actions', unit: 'walks' }),
  ppo: z
    .strictObject({
      steps: count(1e9)
        .default(150_000)
        .meta({ description: 'length of a training of E0, over all environments', unit: 'steps' }),
      envs: count(10_000).default(8).meta({ description: 'parallel environments', unit: 'environments' }),
      horizon: count().default(256).meta({ description: 'steps of each environment between updates', unit: 'steps' }),
    })
    .prefault({}),
  soft: softLakeSettings
    .extend({
      steps: count()
        .default(120_000)
        .meta({ description: 'length of a training of E2 by PPO, over all environments', unit: 'steps' }),
      sacSteps: count()
        .default(14_000)
        .meta({ description: 'length of a training of E2 by SAC, over all environments', unit: 'steps' }),
      measuredWalks: count()
        .default(200)
        .meta({ description: 'walks along which the soft regret is measured', unit: 'walks' }),
    })
    .prefault({}),
  floors: z
    .strictObject({
      cells: count(400)
        .multipleOf(8)
        .default(24)
        .meta({ description: 'cells of the grid, along one side', unit: 'cells' }),
      points: count(10_000).default(180).meta({ description: 'headings at each state', unit: 'headings' }),
      updates: count().default(200).meta({ description: 'length of each search for a density', unit: 'updates' }),
      rounds: count(100).default(3).meta({ description: 'how often a class is projected anew', unit: 'rounds' }),
    })
    .prefault({}),
  tuned: tunedSchema(tuning.spaces, readTuned()).describe(
    'settings by study, environment and policy; what "oxbow tune endpoints" found',
  ),
});

export type EndpointsConfig = z.infer<typeof endpointsSchema>;
