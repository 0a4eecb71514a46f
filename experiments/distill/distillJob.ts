import type { Job, JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import { makeFolder } from '../../src/files.ts';
import { autoregressiveSplineFlow, distill, type Flow, iaf, maf, type Rng } from '../../src/index.ts';
import type { DistillConfig, FlowName } from './config.ts';
import { type Density, type DensityName, densities } from './densities.ts';
import { drawSamples, estimateKl, estimateNll } from './estimates.ts';
import { writeSpeed } from './samplingSpeed.ts';

export interface DistillJob extends Job {
  readonly env: DensityName;
  readonly policy: FlowName;
}

/** How many samples the figures show: points of a plane, or series. */
export const SHOWN: Record<DensityName, number> = { moons: 500, swing: 40, wells: 40 };
/** Rows of metrics of a training. */
const ROWS = 40;

/** Fits the teacher, which has one stream in all jobs of a seed; then the student to it; and measures both. */
export async function distillJob(
  { policy, env }: DistillJob,
  config: DistillConfig,
  { rng, report, logs }: JobContext,
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
    const reports = distill(flow, teacher, {
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
  const samples = drawSamples(flow, SHOWN[env], rng.split('shown'));
  makeFolder(logs);
  writeSpeed(logs, flow, rng.split('speed'));
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
    data: { samples },
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
