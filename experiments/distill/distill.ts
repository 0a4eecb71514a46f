import {
  defineExperiment,
  type Figure,
  type Outcome,
  type Panel,
  type Section,
  type SummaryRow,
  type Table,
} from '../../cli/experiment/experiment.ts';
import { selectRuntime } from '../../cli/experiment/selectRuntime.ts';
import { learningCurves, typicalOutcome } from '../../cli/report/charts.ts';
import { metricTable } from '../../cli/report/table.ts';
import { policyColours, themeColour } from '../../envs/drawing/palette.ts';
import { Rng, selectBackend, selectEngine } from '../../src/index.ts';
import { answerByEnvironment } from '../shared/answerByEnvironment.ts';
import { choices, type DistillConfig, distillSchema, type FlowName } from './config.ts';
import { type Density, type DensityName, densities } from './densities.ts';
import { type DistillJob, distillJob, SHOWN } from './distillJob.ts';
import { type Extent, samplesFigure } from './samplesFigure.ts';
import { speedTable } from './samplingSpeed.ts';

/** Relative cost of a job of each flow: all begin with the teacher. */
const COST: Record<FlowName, number> = { 'maf-teacher': 1, 'iaf-student': 2.5, 'spline-student': 5, 'iaf-fitted': 3 };

/** Where nearly all of a density lies. */
const EXTENTS: Record<DensityName, Extent> = {
  moons: { x: [-2.2, 2.2], y: [-2.2, 2.2] },
  swing: { x: [1, 8], y: [-4, 4] },
  wells: { x: [1, 8], y: [-4, 4] },
};

const ROLES: Record<FlowName, string> = {
  'maf-teacher': 'fitted to the data',
  'iaf-student': 'distilled',
  'spline-student': 'distilled',
  'iaf-fitted': 'fitted to the data',
};

/** Whether flows that sample in one pass can learn from one that evaluates in one pass, without data. */
export const distill = defineExperiment<DistillConfig, DistillJob>({
  name: 'distill',
  headline: 'Can a flow that samples in one pass learn from a slow sampler?',
  description:
    'Students that sample in one pass, distilled from a masked autoregressive teacher as in Parallel WaveNet.',
  schema: distillSchema,
  choices,
  steps: { distillation: 'student.steps' },
  presets: {
    quick: {
      seeds: [0],
      environments: ['moons', 'wells'],
      policies: ['maf-teacher', 'iaf-student', 'spline-student'],
      teacher: { steps: 1000, batchSize: 256, learningRate: 2e-3 },
      student: { steps: 1000, batchSize: 256, learningRate: 2e-3 },
    },
  },

  runtime: selectRuntime,

  jobs: ({ environments, policies, seeds }) =>
    (environments as DensityName[]).flatMap((env) =>
      (policies as FlowName[]).flatMap((policy) =>
        seeds.map((seed) => ({
          id: `${env}/${policy}/seed-${seed}`,
          study: 'distillation',
          env,
          policy,
          seed,
          weight: COST[policy] * (densities[env].dim === 2 ? 1 : 1.3),
        })),
      ),
    ),

  async runJob(job, config, context) {
    await selectBackend();
    await selectEngine(config.engine);
    return distillJob(job, config, context);
  },

  tables: (summary, { environments }) =>
    environments.flatMap((env) => {
      const rows = summary.filter((row) => row.env === env);
      return rows.length === 0 ? [] : [scores(env as DensityName, rows)];
    }),

  answer: (summary) =>
    answerByEnvironment(
      summary.filter(({ metric }) => metric === 'klFromTeacher'),
      {
        best: 'The student nearest to its teacher, by the KL from the teacher in nats',
        caption: 'KL from the teacher, nats',
        policies: choices.policies,
        format: (value) => value.toFixed(3),
      },
    ),

  clocked: speedTable,

  report: (outcomes, _summary, config) => [
    {
      title: 'Teacher and students',
      paragraphs: [
        'The teacher, a masked autoregressive flow, is fitted to data: it evaluates a density in one pass and samples number by number. ' +
          'A student is the other way round. It sees samples of its own and the teacher’s log-density of them, and no data.',
        'The KL to the teacher, which a student minimizes, is an average over the student’s samples: a part of the teacher that it leaves out ' +
          'costs it little. The KL from the teacher, an average over the teacher’s samples, shows what is missing.',
      ],
    },
    ...(config.environments as DensityName[]).flatMap((env) => {
      const own = outcomes.filter(({ job }) => job.env === env) as readonly Outcome<DistillJob>[];
      return own.length === 0 ? [] : [section(env, own, config)];
    }),
  ],
});

function scores(env: DensityName, rows: readonly SummaryRow[]): Table {
  const format = (value: number) => value.toFixed(3);
  const { entropy }: Density = densities[env];
  const floor = entropy === undefined ? '' : `; −log p ≥ ${entropy.toFixed(3)}`;
  return metricTable(`${env}, nats${floor}`, rows, [
    { metric: 'nll', label: 'held-out −log p', format },
    { metric: 'klToTeacher', label: 'KL to the teacher', format },
    { metric: 'klToTeacherError', label: 'its standard error', format: (value) => value.toFixed(4) },
    { metric: 'klFromTeacher', label: 'KL from the teacher', format },
    { metric: 'klFromTeacherError', label: 'its standard error', format: (value) => value.toFixed(4) },
  ]);
}

function section(env: DensityName, outcomes: readonly Outcome<DistillJob>[], { policies }: DistillConfig): Section {
  const density: Density = densities[env];
  const { domain, range } = policyColours(choices.policies);
  const panel = (title: string, samples: readonly (readonly number[])[], colour: string, note: string): Panel => ({
    title,
    note,
    colour,
    spec: samplesFigure(samples, EXTENTS[env], colour),
    alt: `${samples.length} samples: ${title}`,
  });
  const flat = density.draw(new Rng('report'), SHOWN[env]);
  const data = Array.from({ length: SHOWN[env] }, (_, i) =>
    Array.from(flat.subarray(i * density.dim, (i + 1) * density.dim)),
  );
  const panels = [
    panel('data', data, themeColour('muted'), 'to be learned'),
    ...(policies as FlowName[]).flatMap((policy) => {
      const own = outcomes.filter(({ job }) => job.policy === policy);
      if (own.length === 0) return [];
      const { result } = typicalOutcome(own, { metric: 'nll', better: 'lower' });
      const { samples } = result.data as { samples: number[][] };
      return [panel(policy, samples, range[domain.indexOf(policy)]!, ROLES[policy])];
    }),
  ];
  const points = outcomes.flatMap(({ job, rows }) =>
    rows
      .filter((row) => typeof row.kl === 'number')
      .map((row) => ({ policy: job.policy, seed: job.seed, step: row.step as number, value: row.kl as number })),
  );
  const curve: Figure = {
    name: `${env}-kl`,
    caption:
      'Distillation: KL of the student to the teacher, interquartile mean over the seeds, in a band of its 95 % interval.',
    spec: learningCurves(points, { x: 'updates', y: 'KL to the teacher, nats', policies: choices.policies }),
  };
  return {
    title: `The density ${env}`,
    paragraphs: [density.about],
    figures: [
      {
        name: `${env}-samples`,
        caption: `${SHOWN[env]} samples of each, of the seed with the median −log p.`,
        panels,
      },
      ...(points.length === 0 ? [] : [curve]),
    ],
  };
}
