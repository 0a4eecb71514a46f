import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type AgentState, DivergedError } from '../../agents/index.ts';
import type { TrainingSession } from '../../agents/train.ts';
import { ContentHash, type Dataset } from '../../datasets/dataset.ts';
import { openDataset } from '../../datasets/datasetFiles.ts';
import { type EpisodeSource, episodeAt } from '../../datasets/episode.ts';
import type { VectorEnv } from '../../envs/index.ts';
import { savePolicy } from '../../src/index.ts';
import { InputError, orInputError } from '../experiment/errors.ts';
import type { Job, JobContext, JobResult, MetricsRow } from '../experiment/experiment.ts';
import { formatReturn, trueMinus } from '../experiment/text.ts';
import { isSnapshotDue, readCheckpoint, saveSnapshot, snapshotSteps, writeCheckpoint } from './checkpointFile.ts';
import { evaluateTrained } from './evaluateTrained.ts';
import { makeTraining, unsavedBecause } from './makeTraining.ts';
import { sharesOf } from './outcomes.ts';
import type { TrainConfig } from './trainConfig.ts';
import { ReportRows, TrainingLog } from './trainingLog.ts';
import { type PolicyFacts, writeSpeed } from './trainSections.ts';

/**
 * Trains an agent, from its last checkpoint if there is one, and evaluates what it has learned. Wherever it is killed, it ends with
 * the same result.
 */
export async function trainJob(job: Job, config: TrainConfig, context: JobContext): Promise<JobResult> {
  const training = makeTraining(job, config, context.rng, await openTrainingDataset(config));
  try {
    await runTraining(training, job, config, context);
    const { policy } = training;
    const episodes = 2 * config.evaluationEpisodes;
    const onEnd = (ended: number) => {
      const share = TRAINING_SHARE + ((1 - TRAINING_SHARE) * ended) / episodes;
      context.report(share, undefined, `${ended} of ${episodes} episodes evaluated`);
    };
    const rng = context.rng.split('evaluation');
    const { sampled, greedy, shape } = await evaluateTrained(policy, job.env, config, rng, onEnd);
    const means = { return: sampled.return, greedyReturn: greedy.return, length: sampled.length };
    const step = training.evaluated?.withKept((kept) => kept) ?? config.steps;
    savePolicy(join(context.directory, POLICY), policy, { env: job.env, step, ...means });
    const metrics = { ...means, ...shape, ...evaluationMetrics(training, config), ...sharesOf(sampled) };
    const data = { parameters: policy.parameterCount(), options: policy.config!.options };
    return { metrics, data: data satisfies PolicyFacts };
  } finally {
    training.dispose();
  }
}

/** What evaluations in the course of a training have found; how many steps it took, where they may end it. */
function evaluationMetrics(
  { evaluated }: TrainingSession<VectorEnv>,
  { stopAtReturn }: TrainConfig,
): JobResult['metrics'] {
  const { best, last, step } = evaluated ?? {};
  if (best === undefined || last === undefined) return {};
  return {
    bestReturn: best.return,
    bestStep: best.step,
    lastReturn: last.return,
    ...(stopAtReturn !== undefined && { steps: step! }),
  };
}

/** The names of what a training leaves in its folder. */
const CHECKPOINT = 'checkpoint';
export const POLICY = 'policy.json';

/** All that the rest of a training depends on. */
const checkpointSchema = z.strictObject({
  job: z.string(),
  settings: z.string(),
  step: z.number(),
  rows: z.array(z.custom<MetricsRow>()),
  agent: z.custom<AgentState>(),
});
type TrainingCheckpoint = z.infer<typeof checkpointSchema>;

/** The share of the time between two checkpoints that writing one may take. */
const WRITING_SHARE = 0.05;

/** A part of a training, from its beginning, that a job does. */
interface Stage {
  /** It pauses at the first row of its logs at or behind this step. */
  readonly until: number;
  /** A job that has done its beginning, and where: if its checkpoint is there, the training goes on from it, else it begins anew. */
  readonly before?: { readonly job: string; readonly directory: string } | undefined;
}

/**
 * Trains an agent, from its last checkpoint if there is one, and leaves checkpoints and the policy: wherever it is killed or pauses, it ends
 * with the same state, to the byte.
 * @param stage by default all of it
 */
export async function runTraining(
  training: TrainingSession<VectorEnv>,
  job: Job,
  config: TrainConfig,
  context: JobContext,
  { until, before: earlier }: Stage = { until: config.steps },
): Promise<void> {
  const { agent, evaluated } = training;
  const { steps } = config;
  const path = join(context.directory, CHECKPOINT);
  const before =
    goOn(training, { path, job: job.id }, job, context) ??
    (earlier && goOn(training, { path: join(earlier.directory, CHECKPOINT), job: earlier.job }, job, context));
  // Whoever takes the run's folder away would find another one in its place, with the logs alone.
  if (!existsSync(context.directory)) throw new Error(`${context.directory} was removed`);
  const log = new TrainingLog(context.logs, before?.rows ?? []);
  for (const row of log.rows) context.report(shareOf(row, until), row);
  const rows = new ReportRows(config.logInterval, before?.rows);
  const first = { time: performance.now(), step: before?.step ?? 0 };
  let lastRow = first;
  const interval = 1000 * config.checkpointInterval;
  let due = performance.now() + interval;
  let canSave = true;
  let reported = first.step;
  const save = (what: () => void) => {
    try {
      what();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
      canSave = false;
      // Of its environment the run has said so before it began.
      if (unsavedBecause(training.env) !== undefined) return;
      context.say(`no checkpoints, a run that is stopped begins this job again: ${(error as Error).message}`);
    }
  };
  try {
    // It was killed while it paused.
    if (until < steps && first.step >= until) return;
    for await (const report of training.reports(steps)) {
      const last = report.step >= steps || report.evaluation?.stops === true;
      const row = rows.add(report, last);
      const time = performance.now();
      const perSecond = (1000 * (report.step - lastRow.step)) / (time - lastRow.time);
      if (row !== undefined) {
        log.add(row, perSecond);
        lastRow = { time, step: report.step };
      }
      if (last) writeSpeed(context.logs, { steps: report.step - first.step, seconds: (time - first.time) / 1000 });
      context.report(shareOf(report, until), row, row && describe(row, perSecond));
      // Before the checkpoint: who goes on from there has every snapshot up to it.
      if (canSave && isSnapshotDue({ count: config.snapshots, steps }, reported, report.step)) {
        save(() => saveSnapshot(context.directory, training.policy, job.env, report.step));
      }
      reported = report.step;
      if (row === undefined) continue;
      const pauses = until < steps && report.step >= until;
      if (canSave && (last || pauses || time >= due)) {
        save(() => {
          const { step } = report;
          const about = { job: job.id, settings: context.settings, step, rows: log.rows };
          const checkpoint: TrainingCheckpoint = { ...about, agent: agent.state() };
          log.sync();
          writeCheckpoint(path, checkpoint);
          const savePolicyOf = (of: number) =>
            savePolicy(join(context.directory, POLICY), training.policy, { env: job.env, step: of });
          if (evaluated === undefined) savePolicyOf(step);
          else evaluated.withKept(savePolicyOf);
        });
        const took = performance.now() - time;
        due = interval === 0 ? 0 : time + took + Math.max(interval, took / WRITING_SHARE);
      }
      if (pauses) break;
    }
    log.sync();
    const { snapshots } = config;
    const left = snapshotSteps(context.directory).length;
    if (canSave && snapshots !== undefined && first.step < steps && reported >= steps && left < snapshots) {
      context.say(`${left} of ${snapshots} snapshots: one is made at a report of the agent, and it makes fewer`);
    }
  } catch (error) {
    if (!(error instanceof DivergedError) || !existsSync(path)) throw error;
    throw new Error(`${error.message}; the last good checkpoint is ${path}, of step ${stepOf(path)}`, { cause: error });
  } finally {
    log.close();
  }
}

/** Brings the agent to a checkpoint, if one by that author lies at the path. @throws InputError if it does not fit */
function goOn(
  { agent }: TrainingSession<VectorEnv>,
  { path, job: author }: { readonly path: string; readonly job: string },
  job: Job,
  { settings, say }: JobContext,
): TrainingCheckpoint | undefined {
  const advice = `delete it and run the command again: ${job.id} then begins anew, and all else is kept`;
  const refuse = (problem: string) => new InputError(`${problem}; ${advice}`);
  let found: unknown;
  try {
    found = readCheckpoint(path);
  } catch (error) {
    throw refuse((error as Error).message);
  }
  if (found === undefined) return undefined;
  const { success, data: checkpoint } = checkpointSchema.safeParse(found);
  if (!success) throw refuse(`${path} is no checkpoint of a training`);
  if (checkpoint.job !== author) throw refuse(`${path} is of job ${checkpoint.job}`);
  if (checkpoint.settings !== settings) throw refuse(`${path} was made with other settings`);
  try {
    agent.setState(checkpoint.agent);
  } catch (error) {
    throw refuse(`${path} does not fit: ${(error as Error).message}`);
  }
  say(`goes on from step ${count(checkpoint.step)}`);
  return checkpoint;
}

function stepOf(path: string): string {
  return count((readCheckpoint(path) as TrainingCheckpoint).step);
}

/** The share of a job that is training; the rest is the evaluation. */
const TRAINING_SHARE = 0.95;

function shareOf({ step }: { readonly step?: unknown }, steps: number): number {
  return TRAINING_SHARE * Math.min(1, Number(step) / steps);
}

/** `3,200 steps/s, return −214.3, evaluation −180.5`. */
function describe(row: MetricsRow, perSecond: number): string {
  const number = (value: MetricsRow[string] | undefined, label: string) =>
    typeof value === 'number' ? [`${label} ${trueMinus(formatReturn(value))}`] : [];
  const { return: mean, evaluationReturn } = row;
  const speed = `${count(Math.round(perSecond))} steps/s`;
  return [speed, ...number(mean, 'return'), ...number(evaluationReturn, 'evaluation')].join(', ');
}

function count(steps: number): string {
  return steps.toLocaleString('en-GB');
}

/**
 * The dataset, for an agent that learns from data, if the settings name one. Whoever reads its episodes is told if their hash is another.
 * @throws InputError if there is no whole dataset at the path
 */
export async function openTrainingDataset({
  dataset: path,
  datasetHash: expected,
}: Pick<TrainConfig, 'dataset' | 'datasetHash'>): Promise<EpisodeSource | undefined> {
  if (path === undefined) return undefined;
  const dataset = await orInputError(() => openDataset(path), '--dataset: ');
  return expected === undefined ? dataset : withHash(dataset, expected);
}

function withHash(dataset: Dataset, expected: string): EpisodeSource {
  const { path, observationSpace, actionSpace, numEpisodes, numSteps } = dataset;
  return {
    ...{ observationSpace, actionSpace, numEpisodes, numSteps },
    *episodes() {
      const hash = new ContentHash();
      let i = 0;
      for (const stored of dataset.storedEpisodes()) {
        hash.add(stored);
        yield episodeAt(`--dataset: ${path}: episode ${i++}`, stored);
      }
      const digest = hash.digest();
      if (digest === expected) return;
      throw new InputError(
        `--dataset: ${path}: holds other episodes, of the hash ${digest}, expected those that the run was begun with, ${expected}`,
      );
    },
  };
}

/** The hash of a dataset's episodes, as its index says it where it has one, and the environment that they were played in, if known. */
export function datasetIdentity(path: string): Promise<{ readonly hash: string; readonly env: string | undefined }> {
  return orInputError(async () => {
    const dataset = await openDataset(path);
    const hash = dataset.hash ?? ContentHash.of(dataset.storedEpisodes());
    return { hash, env: dataset.about.environment?.id };
  }, '--dataset: ');
}
