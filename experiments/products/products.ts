import { defineExperiment, type Job } from '../../cli/experiment/experiment.ts';
import { selectRuntime } from '../../cli/experiment/selectRuntime.ts';
import { selectBackend, selectEngine } from '../../src/index.ts';
import { actingTable } from '../shared/actingSpeed.ts';
import { answerOf } from './answer.ts';
import { cloneProduct, cloningSettings } from './cloneProduct.ts';
import { conditionLabel, conditionOf, lakesOf } from './conditions.ts';
import { choices, type ProductsConfig, productsSchema, studyCodes } from './config.ts';
import { type ProductPolicy, policyCost } from './productPolicies.ts';
import { prediction, question } from './question.ts';
import { productSections, productTables } from './section.ts';
import { whenNotNeeded } from './whenNotNeeded.ts';

interface ProductsJob extends Job {
  readonly policy: ProductPolicy;
  readonly condition: string;
}

/** E8: which classes keep 2ᵏ ways open on k lakes walked at once? */
export const products = defineExperiment<ProductsConfig, ProductsJob>({
  name: 'products',
  headline: 'Which policies keep 2ᵏ ways open, where k lakes are walked at once?',
  description: 'Cloning on several lakes walked at once: 2ᵏ ways in 2k numbers.',
  schema: productsSchema,
  choices,
  steps: { products: 'steps' },
  presets: {
    quick: {
      seeds: [0, 1],
      policies: ['gaussian', 'mixture-2', 'mixture-4', 'spline'],
      lakes: [1, 2],
      steps: 1500,
      evaluationEpisodes: 500,
    },
    // The run that decides: seeds that nothing was looked at or chosen by.
    full: { seeds: Array.from({ length: 20 }, (_, i) => 100 + i) },
  },

  timed: true,

  runtime: selectRuntime,

  jobs: (config) =>
    config.studies.flatMap((study) =>
      config.environments.flatMap((env) =>
        config.lakes.flatMap((lakes) =>
          config.policies.flatMap((policy) =>
            config.seeds.map((seed) => ({
              id: `${study}/${env}/${conditionOf(lakes)}/${policy}/seed-${seed}`,
              ...{ study, env, condition: conditionOf(lakes), policy, seed },
              weight: seconds(policy, lakes, config),
            })),
          ),
        ),
      ),
    ),

  async runJob({ policy, condition }, config, context) {
    await selectBackend();
    await selectEngine(config.engine);
    return cloneProduct({ policy, lakes: lakesOf(condition) }, config, context);
  },

  conditionLabel,

  tables: (summary) => productTables(summary),

  clocked: (jobs) =>
    actingTable(jobs, { column: 'walked at once', label: ({ condition }) => conditionLabel(condition!) }),

  conclusions(_outcomes, summary) {
    const answer = answerOf(summary.filter(({ metric }) => metric === 'drownRate'));
    return { [studyCodes.products]: { question, prediction, ...(answer && { answer }) } };
  },

  remarks: (summary) => whenNotNeeded(summary.filter(({ metric }) => metric === 'drownRate')),

  report: (outcomes, summary, config) => productSections(outcomes, summary, config),
});

/** The seconds that a job takes on a quiet core. */
function seconds(policy: ProductPolicy, lakes: number, config: ProductsConfig): number {
  const updates = (cloningSettings(config, policy).steps * config.batchSize) / 256;
  return 0.6 + 0.15 * lakes + policyCost(policy) * (0.45 + 0.05 * lakes) * 1e-3 * updates;
}
