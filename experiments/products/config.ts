import { z } from 'zod';
import { commonShape, engineSetting } from '../../cli/experiment/experiment.ts';
import { type Tuned, tunedSchema } from '../../cli/experiment/tuned.ts';
import { PRODUCT_LAKE } from './productLakes.ts';
import { productPolicies } from './productPolicies.ts';
import found from './tuned.json' with { type: 'json' };

/** The question, and its code beside those of the lake. */
export const studyCodes = { products: 'E8' } as const;

export const choices = {
  studies: ['products'],
  policies: productPolicies,
  environments: [PRODUCT_LAKE],
} as const;

/** Steps that no walk home can do without. */
const FEWEST_STEPS = 3;

/** @param most what memory holds with room to spare */
const count = (most = 1_000_000) => z.int().positive().max(most);

export const productsSchema = z
  .strictObject({
    ...commonShape(choices, { seeds: 3, codes: studyCodes }),
    engine: engineSetting('wasm'),
    lakes: z
      .array(z.int().min(1).max(8))
      .min(1)
      .refine((lakes) => new Set(lakes).size === lakes.length, 'each at most once')
      .readonly()
      .default([1, 2, 3, 4])
      .meta({ description: 'how many lakes are walked at once; each number is a condition', unit: 'lakes' }),
    demonstrations: count(10_000).default(1000).meta({
      description: 'walks to learn from on one lake; on k lakes at once there are k times as many, each of all k lakes',
      unit: 'walks',
    }),
    heldOut: count(100_000)
      .default(2000)
      .meta({ description: 'fresh walks by which likelihoods are judged', unit: 'walks' }),
    evaluationEpisodes: count(100_000)
      .default(1000)
      .meta({ description: 'walks of each trained policy', unit: 'walks' }),
    parameters: count()
      .default(18_000)
      .meta({ description: 'size of every policy, ±10 %, whatever the number of lakes', unit: 'parameters' }),
    steps: count(1e9).optional().meta({ description: 'length of a training; by default as tuned', unit: 'updates' }),
    batchSize: count()
      .default(256)
      .meta({ description: 'pairs of observation and action of an update', unit: 'pairs' }),
    tuned: tunedSchema(found.tuned as Tuned).describe(
      'settings by study, environment and policy, the same for any number of lakes; found with as many trials for each class',
    ),
  })
  .check(({ value: { batchSize, demonstrations, lakes }, issues }) => {
    const walks = demonstrations * Math.min(...lakes);
    if (batchSize <= FEWEST_STEPS * walks) return;
    const message = `at most ${FEWEST_STEPS * walks}, which ${walks} demonstrations surely hold`;
    issues.push({ code: 'custom', input: batchSize, path: ['batchSize'], message });
  });

export type ProductsConfig = z.infer<typeof productsSchema>;
