import { z } from 'zod';
import { evaluationOptions } from '../../agents/core/evaluate.ts';
import { commonShape } from '../experiment/experiment.ts';
import { SEARCHES, type SearchName, type SearchSpace } from '../experiment/searchSpace.ts';
import { type TrainChoice, type TrainConfig, trainSchema } from '../train/trainConfig.ts';

/** The first seed of trials: far from those of a training, so that no settings are judged on the seeds that they were chosen by. */
const FIRST_SEED = 1000;

/** The settings of a search for the settings of trainings. */
export interface TrainTuningConfig extends Omit<TrainConfig, keyof typeof evaluationOptions> {
  readonly trials: number;
  readonly search: SearchName;
  readonly searchSeed: number;
  readonly halving: number;
  readonly rungs: number;
  readonly greedy: boolean;
  readonly over: 'mean' | 'worst';
  /** The agent's default space, unless given. */
  readonly space?: SearchSpace | undefined;
}

const tuningShape = {
  trials: z.int().positive().max(10_000).default(16).describe('settings drawn for each policy'),
  search: z
    .enum(SEARCHES)
    .default('latin-hypercube')
    .describe(
      'how settings are drawn; by Latin hypercube sampling, as points of a scrambled Sobol sequence, or each by itself',
    ),
  searchSeed: z.int().nonnegative().default(0).describe('seed of the draws of settings; another one tries others'),
  halving: z
    .int()
    .positive()
    .max(100)
    .default(1)
    .describe(
      'η of successive halving, of which the best 1/η of the settings go on to η times the steps; 1 trains all to the end',
    ),
  rungs: z
    .int()
    .positive()
    .max(20)
    .default(3)
    .describe(
      'rounds of successive halving, of which the last one has all the steps; fewer where settings or steps do not last',
    ),
  greedy: z.boolean().default(false).describe('whether greedy actions are judged in place of sampled ones'),
  over: z
    .enum(['mean', 'worst'])
    .default('mean')
    .describe('what the score of settings is of the returns of their seeds'),
  space: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('where settings are searched; by default where those of the agent usually lie'),
};

/** Names of the settings that a search has beside those of trainings. */
const OWN = Object.keys(tuningShape);

/** The settings of a search, which depend on what is trained. */
export function trainTuningSchema(choices: TrainChoice) {
  const { snapshots: _, ...shape } = trainSchema(choices).shape;
  const fields = Object.entries(shape).filter(([name]) => !(name in evaluationOptions));
  return z.strictObject({
    ...(Object.fromEntries(fields) as Record<string, z.ZodType>),
    ...commonShape(choices, { seeds: 2, first: FIRST_SEED }),
    ...tuningShape,
  });
}

/** The settings of a search that its trainings have. */
export function withoutSearch(config: TrainTuningConfig): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(config).filter(([name]) => !OWN.includes(name)));
}
