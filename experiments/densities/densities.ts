import {
  defineExperiment,
  type Job,
  type Outcome,
  type Panel,
  type Section,
  type SummaryRow,
  type Table,
} from '../../cli/experiment/experiment.ts';
import { selectRuntime } from '../../cli/experiment/selectRuntime.ts';
import { intervalChart, typicalOutcome } from '../../cli/report/charts.ts';
import { metricTable } from '../../cli/report/table.ts';
import { selectBackend, selectEngine } from '../../src/index.ts';
import { answerByEnvironment } from '../shared/answerByEnvironment.ts';
import { densityLegend } from '../shared/inkImage.ts';
import { choices, type DensitiesConfig, densitiesSchema, families, type TargetName, targets } from './config.ts';
import { densityPanel } from './densityPanel.ts';
import { type FittedFamily, fitFamily, type Picture, pictureOf } from './fitFamily.ts';

interface DensitiesJob extends Job {
  readonly env: TargetName;
}

/** What each family of flows makes of densities whose entropy is known. */
export const densities = defineExperiment<DensitiesConfig, DensitiesJob>({
  name: 'densities',
  headline: 'Which family of flows fits which density?',
  description: 'Every family of flows fitted to densities over the plane: nats above the floor, and pictures.',
  schema: densitiesSchema,
  choices,
  steps: { densities: 'steps' },
  presets: {
    quick: {
      seeds: [0, 1],
      policies: ['realnvp', 'spline', 'autoregressive-spline'],
      environments: ['8-gaussians', 'checkerboard'],
      steps: 600,
    },
  },

  runtime: selectRuntime,

  jobs: ({ environments, policies, seeds }) =>
    environments.flatMap((env) =>
      policies.flatMap((policy) =>
        seeds.map((seed) => ({
          id: `${env}/${policy}/seed-${seed}`,
          study: 'densities',
          env: env as TargetName,
          policy,
          seed,
          weight: 1,
        })),
      ),
    ),

  async runJob(job, config, context) {
    await selectBackend();
    await selectEngine(config.engine);
    return fitFamily(job, config, context);
  },

  tables: (summary, { environments }) =>
    environments.map((env) =>
      tableOf(
        env as TargetName,
        summary.filter((row) => row.env === env),
      ),
    ),

  answer: (summary) =>
    answerByEnvironment(
      summary.filter(({ metric }) => metric === 'nllAboveFloor'),
      {
        best: 'Nearest to the density itself, in nats above it',
        caption: 'nats above the floor',
        policies: choices.policies,
        format: (value) => value.toFixed(3),
        environmentLabel: (env) => targets[env as TargetName].title,
      },
    ),

  report: (outcomes, summary, { environments }) =>
    environments.map((env) =>
      section(
        env as TargetName,
        summary.filter((row) => row.env === env),
        outcomes.filter(({ job }) => job.env === env),
      ),
    ),
});

function tableOf(env: TargetName, rows: readonly SummaryRow[]): Table {
  const nats = (value: number) => value.toFixed(3);
  return metricTable(`Nats, ${targets[env].title}`, rows, [
    { metric: 'nllAboveFloor', label: 'above the floor', format: nats },
    { metric: 'nll', label: 'negative log-likelihood', format: nats },
  ]);
}

function section(env: TargetName, rows: readonly SummaryRow[], outcomes: readonly Outcome<DensitiesJob>[]): Section {
  const target = targets[env];
  const itself = ofMassOne(pictureOf(target), target.extent);
  const peak = Math.max(...itself.density);
  const panel = (title: string, picture: Picture, alt: string): Panel => ({
    title,
    alt,
    spec: densityPanel(picture, { extent: target.extent, peak }),
  });
  const fitted = choices.policies.flatMap((policy): Panel[] => {
    const own = outcomes.filter(({ job }) => job.policy === policy);
    if (own.length === 0) return [];
    const { result } = typicalOutcome(own, { metric: 'nllAboveFloor', better: 'lower' });
    const above = result.metrics.nllAboveFloor!;
    const { picture, parameters } = result.data as FittedFamily;
    return [
      {
        ...panel(
          policy,
          ofMassOne(picture, target.extent),
          `The density of ${policy}, ${families[policy]!.description}`,
        ),
        note: `${above.toFixed(3)} nats above, ${parameters} parameters`,
      },
    ];
  });
  const own = `The density itself: ${target.title}`;
  return {
    title: target.title,
    paragraphs: [
      'How far a flow is above the floor is its negative log-likelihood on fresh draws, less that of the density itself on the same draws: the Kullback–Leibler divergence.' +
        (target.rows === undefined
          ? ' Each update sees fresh draws.'
          : ` There are ${target.rows} draws to learn from, of which a fifth chooses the best weights.`),
    ],
    figures: [
      {
        name: `${env}-above`,
        caption: 'Nats above the floor: interquartile mean, 95 % interval, a tick a seed.',
        spec: intervalChart(
          rows.filter(({ metric }) => metric === 'nllAboveFloor'),
          { x: 'nats above the floor', policies: choices.policies },
        ),
      },
      {
        name: `${env}-pictures`,
        caption: `Densities on [−${target.extent}, ${target.extent}]²; of each family the seed in the middle.`,
        legend: densityLegend(peak),
        panels: [panel('the density itself', itself, own), ...fitted],
      },
    ],
  };
}

/** A picture, whose densities are shares of its own greatest, in densities: as if all mass lay in it. */
function ofMassOne({ size, density }: Picture, extent: number): Picture {
  const mass = density.reduce((sum, value) => sum + value, 0) * ((2 * extent) / size) ** 2;
  return { size, density: density.map((value) => value / mass) };
}
