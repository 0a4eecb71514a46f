import { defineExperiment, type Job } from '../../cli/experiment/experiment.ts';
import { selectRuntime } from '../../cli/experiment/selectRuntime.ts';
import { policyBars } from '../../cli/report/answers.ts';
import { metricTable } from '../../cli/report/table.ts';
import { selectBackend, selectEngine } from '../../src/index.ts';
import { type BananaConfig, bananaSchema, choices, type Family } from './config.ts';
import { fitBanana } from './fit.ts';
import { natsText, nearestToFloor } from './nearestToFloor.ts';
import { sections } from './sections.ts';

interface BananaJob extends Job {
  readonly policy: Family;
}

/** Relative cost of an update of each family. */
const COST: Record<Family, number> = { mlp: 1, realnvp: 6, maf: 8, spline: 12 };

/** The tutorial's own example, part 1: its multilayer perceptron beside what came after it. */
export const banana = defineExperiment<BananaConfig, BananaJob>({
  name: 'banana',
  headline: 'How does the flows tutorial’s MLP flow compare with newer families?',
  description: 'The density of the normalizing flows tutorial: its MLP flow beside RealNVP, MAF and splines.',
  schema: bananaSchema,
  choices,
  steps: { banana: 'steps' },
  presets: { quick: { seeds: [0], steps: 6000, test: 20_000 } },

  runtime: selectRuntime,

  jobs: ({ policies, seeds }) =>
    (policies as readonly Family[]).flatMap((policy) =>
      seeds.map((seed) => ({
        id: `banana/${policy}/seed-${seed}`,
        study: 'banana',
        env: 'banana',
        policy,
        seed,
        weight: COST[policy],
      })),
    ),

  async runJob(job, config, context) {
    await selectBackend();
    await selectEngine(config.engine);
    return fitBanana(job, config, context);
  },

  tables: (summary) => [
    metricTable('Banana', summary, [
      { metric: 'nll', label: '−log p, nats', format: (value) => value.toFixed(3) },
      { metric: 'nllAboveFloor', label: 'above the floor, nats', format: (value) => value.toFixed(4) },
      { metric: 'stepsToTutorial', label: 'updates to the tutorial’s 4.469', format: (value) => value.toFixed(0) },
    ]),
  ],

  answer(summary) {
    const rows = summary.filter(({ metric }) => metric === 'nllAboveFloor');
    const text = nearestToFloor(rows);
    if (text === undefined) return undefined;
    const bars = policyBars(rows, { policies: choices.policies, format: natsText });
    return { text, chart: { caption: 'nats above the floor on test data', bars } };
  },

  report: (outcomes, summary) => sections(outcomes, summary),
});
