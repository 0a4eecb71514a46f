import { z } from 'zod';
import { commonShape, engineSetting, type Job, type JobContext } from '../cli/experiment/experiment.ts';
import { metricTable } from '../cli/report/table.ts';
import {
  checkerboard,
  drawRows,
  eightGaussians,
  type PlaneDensity,
  pinwheel,
  rings,
  twoMoons,
} from '../common/planeDensities.ts';
import { builtinFlows, cosineSchedule, type FlowDefinition } from '../src/index.ts';
import { logProbs } from './shared/logProbs.ts';
import { answerByEnvironment } from './shared/report.ts';
import { counted } from './shared/settings.ts';
import { defineStudy, gridJobs, seedsFigure } from './shared/study.ts';

const targets = {
  'two-moons': twoMoons,
  '8-gaussians': eightGaussians,
  checkerboard,
  rings,
  pinwheel,
} as const satisfies Record<string, PlaneDensity>;
type TargetName = keyof typeof targets;

/** The families of flows over the plane. */
const families: Readonly<Record<string, FlowDefinition>> = Object.fromEntries(
  Object.entries(builtinFlows as Record<string, FlowDefinition>).filter(([, { angles }]) => !angles),
);

const choices = {
  studies: ['densities'],
  policies: Object.keys(families),
  environments: Object.keys(targets) as TargetName[],
} as const;

const schema = z.strictObject({
  ...commonShape(choices, { seeds: 3 }),
  engine: engineSetting('auto'),
  steps: counted(5000, 'length of a fit', 'updates', 1e9),
  batchSize: counted(512, 'draws of an update', 'draws', 100_000),
  learningRate: z.number().positive().default(2e-3).describe('learning rate of Adam at first; half a cosine down to 0'),
  hidden: z
    .array(z.int().positive())
    .readonly()
    .default([64, 64])
    .meta({ description: 'widths of the hidden layers', unit: 'neurons' }),
  bins: z.int().min(2).default(16).meta({ description: 'bins of each spline, where a family has them', unit: 'bins' }),
  heldOut: counted(10_000, 'fresh draws on which a flow is judged', 'draws'),
});

type Config = z.infer<typeof schema>;

type DensityJob = Job & { readonly env: TargetName };

/** What each family of flows makes of densities whose entropy is known. */
export const densities = defineStudy<Config, DensityJob>({
  name: 'densities',
  headline: 'Which family of flows fits which density?',
  description: 'Every family of flows fitted to densities over the plane: nats above the floor.',
  schema,
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

  jobs: (config) =>
    gridJobs<DensityJob>(config, {
      study: 'densities',
      folder: ({ env, policy }) => `${env}/${policy}`,
      weight: () => 1,
    }),

  runJob: async ({ env, policy }, config, context) => ({
    metrics: await fitFamily(targets[env], families[policy]!, config, context),
  }),

  tables: (summary, { environments }) =>
    environments.map((env) => {
      const format = (value: number) => value.toFixed(3);
      const rows = summary.filter((row) => row.env === env);
      return metricTable(`Nats, ${targets[env as TargetName].title}`, rows, [
        { metric: 'nllAboveFloor', label: 'above the floor', format },
        { metric: 'nll', label: 'negative log-likelihood', format },
      ]);
    }),

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

  report: (_outcomes, summary, { environments }) => [
    {
      title: 'How far a flow is above the floor',
      paragraphs: [
        'That is its negative log-likelihood on fresh draws, less that of the density itself on the same draws: the Kullback–Leibler divergence. ' +
          'Each update sees fresh draws, but for the two moons, which have 1,000 draws, of which a fifth chooses the best weights.',
      ],
      figures: environments.map((env) =>
        seedsFigure(
          `${env}-above`,
          `${targets[env as TargetName].title}, nats above the floor`,
          summary.filter((row) => row.env === env && row.metric === 'nllAboveFloor'),
          { x: 'nats above the floor', policies: choices.policies },
        ),
      ),
    },
  ],
});

/** The share of draws by which the best weights are chosen, where the draws are a fixed set. */
const HELD_OUT = 0.2;

/** Fits a family to a density by maximum likelihood, and measures it on fresh draws. */
async function fitFamily(target: PlaneDensity, family: FlowDefinition, config: Config, { rng, report }: JobContext) {
  const { steps, batchSize, learningRate, hidden, bins, heldOut } = config;
  const binned = family.options !== undefined && 'bins' in family.options ? { bins } : {};
  const flow = family.make({ dim: 2, hidden, rng: rng.split('flow'), ...binned });
  const learning = {
    steps,
    batchSize: Math.min(batchSize, Math.floor((1 - HELD_OUT) * (target.rows ?? batchSize / (1 - HELD_OUT)))),
    learningRate: cosineSchedule(learningRate),
    reportEvery: 100,
    rng: rng.split('fit'),
    standardize: false,
  };
  const fitting =
    target.rows === undefined
      ? flow.fit((stream, size) => drawRows(target, stream, size), learning)
      : flow.fit(drawRows(target, rng.split('data'), target.rows), { ...learning, heldOut: HELD_OUT });
  for await (const { step, loss } of fitting) report((0.95 * step) / steps, { step, loss });

  const draws = drawRows(target, rng.split('heldOut'), heldOut);
  let [nll, floor] = [0, 0];
  logProbs(flow, draws, 1000).forEach((logProb, i) => {
    nll -= logProb / heldOut;
    floor -= target.logPdf(draws[2 * i]!, draws[2 * i + 1]!) / heldOut;
  });
  flow.dispose();
  return { nll, nllAboveFloor: nll - floor };
}
