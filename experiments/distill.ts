import type * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import {
  commonShape,
  engineSetting,
  type Job,
  type JobContext,
  type JobResult,
  type Section,
  type SummaryRow,
  type Table,
} from '../cli/experiment/experiment.ts';
import { metricTable } from '../cli/report/table.ts';
import { drawRows, twoMoons } from '../common/planeDensities.ts';
import {
  autoregressiveSplineFlow,
  compile,
  distill as distillFlow,
  type Flow,
  iaf,
  klEstimate,
  maf,
  portableMath,
  type Rng,
} from '../src/index.ts';
import { logProbs } from './shared/logProbs.ts';
import { answerByEnvironment } from './shared/report.ts';
import { count, counted } from './shared/settings.ts';
import { defineStudy, gridJobs } from './shared/study.ts';

/** A distribution to learn, known by its samples. */
interface Density {
  readonly dim: number;
  /** For the report. */
  readonly about: string;
  /** Nats: no model has a lower negative log-likelihood. Absent where it has no closed form. */
  readonly entropy?: number;
  /** `count` events, row by row. */
  draw(rng: Rng, count: number): Float32Array;
}

const NORMAL_ENTROPY = 0.5 * (1 + portableMath.log(2 * Math.PI));

const STEPS = 8;
const STEP_NOISE = 0.5;

/** A time series: the first number is N(0, 1), each further one N(mean(x), 0.5²) for the number x before it. */
function series(about: string, mean: (x: number) => number): Density {
  return {
    dim: STEPS,
    about,
    entropy: STEPS * NORMAL_ENTROPY + (STEPS - 1) * portableMath.log(STEP_NOISE),
    draw(rng, count) {
      const events = new Float32Array(STEPS * count);
      for (let i = 0; i < count; i++) {
        let x = rng.normal();
        for (let t = 0; t < STEPS; t++) {
          if (t > 0) x = rng.normal(mean(x), STEP_NOISE);
          events[STEPS * i + t] = x;
        }
      }
      return events;
    },
  };
}

export const densities = {
  moons: {
    dim: 2,
    about: 'Two moons: half circles that reach into each other, with noise, brought to mean 0 and variance 1.',
    draw: (rng, count) => drawRows(twoMoons, rng, count),
  },
  swing: series(
    'A time series of 8 numbers: the first one is N(0, 1), each further one N(1.5 cos x, 0.5²) for the number x before it, ' +
      'so that it swings.',
    (x) => 1.5 * portableMath.cos(x),
  ),
  wells: series(
    'A time series of 8 numbers: the first one is N(0, 1), each further one N(2 sin x, 0.5²) for the number x before it, ' +
      'so that it stays near 1.9 or near −1.9 for long: two wells.',
    (x) => 2 * portableMath.sin(x),
  ),
} as const satisfies Record<string, Density>;

type DensityName = keyof typeof densities;

/** Distilled from the teacher, but for the teacher itself and `iaf-fitted`, which is fitted to the data as the teacher is. */
const flows = ['maf-teacher', 'iaf-student', 'spline-student', 'iaf-fitted'] as const;

type FlowName = (typeof flows)[number];

const choices = {
  studies: ['distillation'],
  policies: flows,
  environments: Object.keys(densities) as DensityName[],
} as const;

/** @param events what each update is on */
const training = (events: string) =>
  z
    .strictObject({
      steps: counted(3000, `length of the training; each update is on ${events}`, 'updates', 1e9),
      batchSize: counted(256, `${events} of an update`, 'draws'),
      learningRate: z
        .number()
        .positive()
        .default(2e-3)
        .describe('learning rate of the first update; it falls to 0 on a straight line'),
    })
    .prefault({});

const schema = z.strictObject({
  ...commonShape(choices, { seeds: 5 }),
  engine: engineSetting('auto'),
  layers: counted(4, 'autoregressive layers of every flow', 'layers', 64),
  hidden: z
    .array(count(4096))
    .min(1)
    .default([64, 64])
    .meta({ description: "widths of the hidden layers of each layer's network", unit: 'neurons' }),
  evaluationSamples: z
    .int()
    .min(2)
    .max(1_000_000)
    .default(20_000)
    .meta({ description: 'samples of each estimate, of a KL or of a likelihood', unit: 'draws' }),
  teacher: training('fresh data').describe('maximum likelihood, by which the teacher and iaf-fitted learn'),
  student: training('fresh samples of the student').describe('distillation, by which the students learn'),
});

type Config = z.infer<typeof schema>;

interface DistillJob extends Job {
  readonly env: DensityName;
  readonly policy: FlowName;
}

/** Relative cost of a job of each flow: all begin with the teacher. */
const COST: Record<FlowName, number> = { 'maf-teacher': 1, 'iaf-student': 2.5, 'spline-student': 5, 'iaf-fitted': 3 };

/** Whether flows that sample in one pass can learn from one that evaluates in one pass, without data. */
export const distill = defineStudy<Config, DistillJob>({
  name: 'distill',
  headline: 'Can a flow that samples in one pass learn from a slow sampler?',
  description:
    'Students that sample in one pass, distilled from a masked autoregressive teacher as in Parallel WaveNet.',
  schema,
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

  jobs: (config) =>
    gridJobs<DistillJob>(config, {
      study: 'distillation',
      folder: ({ env, policy }) => `${env}/${policy}`,
      weight: ({ env, policy }) => COST[policy] * (densities[env].dim === 2 ? 1 : 1.3),
    }),

  runJob: distillJob,

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

  report: (_outcomes, _summary, config) => [
    {
      title: 'Teacher and students',
      paragraphs: [
        'The teacher, a masked autoregressive flow, is fitted to data: it evaluates a density in one pass and samples number by number. ' +
          'A student is the other way round. It sees samples of its own and the teacher’s log-density of them, and no data.',
        'The KL to the teacher, which a student minimizes, is an average over the student’s samples: a part of the teacher that it leaves out ' +
          'costs it little. The KL from the teacher, an average over the teacher’s samples, shows what is missing.',
      ],
    },
    ...config.environments.map(
      (env): Section => ({
        title: `The density ${env}`,
        paragraphs: [densities[env as DensityName].about],
      }),
    ),
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

/** Rows of metrics of a training. */
const ROWS = 40;

/** Fits the teacher, which has one stream in all jobs of a seed; then the student to it; and measures both. */
async function distillJob(
  { policy, env }: DistillJob,
  config: Config,
  { rng, report }: JobContext,
): Promise<JobResult> {
  const density: Density = densities[env];
  const { layers, hidden, evaluationSamples } = config;
  const sizes = { dim: density.dim, layers, hidden };
  const teacherShare = policy === 'maf-teacher' ? 0.9 : 0.3;

  const train = async (flow: Flow, name: string, from: number, to: number) => {
    const { steps, batchSize, learningRate } = config.teacher;
    const reports = flow.fit((stream, size) => density.draw(stream, size), {
      ...{ steps, batchSize, rng: rng.split(name), learningRate: { linear: [learningRate, 0] } },
      reportEvery: Math.ceil(steps / ROWS),
      standardize: false,
    });
    for await (const { step, loss } of reports) {
      const row = name === policy ? { step, nll: loss } : undefined;
      report(from + ((to - from) * step) / steps, row, `${name}: ${loss.toFixed(2)} nats`);
    }
  };

  const teacher = maf({ ...sizes, rng: rng.split('teacher') });
  await train(teacher, 'maf-teacher', 0, teacherShare);
  const flow = policy === 'maf-teacher' ? teacher : makeFlow(policy, sizes, rng.split('student'));
  if (policy === 'iaf-fitted') await train(flow, 'iaf-fitted', teacherShare, 0.9);
  else if (flow !== teacher) {
    const { steps, batchSize, learningRate } = config.student;
    const reports = distillFlow(flow, teacher, {
      ...{ steps, batchSize, rng: rng.split('distillation'), learningRate: { linear: [learningRate, 0] } },
      reportEvery: Math.ceil(steps / ROWS),
    });
    for await (const { step, kl, standardError } of reports) {
      const done = teacherShare + ((0.9 - teacherShare) * step) / steps;
      report(done, { step, kl, standardError }, `student: KL ${kl.toFixed(3)}`);
    }
  }

  const nll = estimateNll(flow, density.draw(rng.split('held out'), evaluationSamples));
  const isTeacher = flow === teacher;
  const there = isTeacher ? undefined : estimateKl(flow, teacher, evaluationSamples, rng.split('KL'));
  const back = isTeacher ? undefined : estimateKl(teacher, flow, evaluationSamples, rng.split('KL from the teacher'));
  teacher.dispose();
  if (!isTeacher) flow.dispose();
  return {
    metrics: {
      nll: nll.mean,
      nllError: nll.standardError,
      klToTeacher: there?.mean ?? null,
      klToTeacherError: there?.standardError ?? null,
      klFromTeacher: back?.mean ?? null,
      klFromTeacherError: back?.standardError ?? null,
    },
  };
}

function makeFlow(
  name: Exclude<FlowName, 'maf-teacher'>,
  sizes: { dim: number; layers: number; hidden: readonly number[] },
  rng: Rng,
): Flow {
  return name === 'spline-student'
    ? autoregressiveSplineFlow({ ...sizes, parallel: 'forward', rng })
    : iaf({ ...sizes, rng });
}

/** A mean over samples, and its standard error. */
interface Estimate {
  readonly mean: number;
  readonly standardError: number;
}

/** KL(q ‖ p) by samples of q. */
export function estimateKl(q: Flow, p: Flow, samples: number, rng: Rng): Estimate {
  const estimate = compile(
    (_: Record<never, tf.Tensor>, noise) => {
      const { value, standardError } = klEstimate(q.given(), p.given(), noise, samples);
      return { value, standardError };
    },
    { name: 'distill/kl', state: [q, p] },
  );
  const { value, standardError } = estimate.onArrays({})({}, rng);
  const result = { mean: value[0]!, standardError: standardError[0]! };
  estimate.dispose();
  return result;
}

/** E[−log p(x)] over events, row by row. */
export function estimateNll(p: Flow, events: Float32Array): Estimate {
  const count = events.length / p.dim;
  const loss = Array.from(logProbs(p, events, count), (logProb) => -logProb);
  const mean = loss.reduce((sum, value) => sum + value, 0) / count;
  const squares = loss.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / (count - 1) / count) };
}
