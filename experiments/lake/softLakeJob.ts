import { join } from 'node:path';
import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import { FINE_POINTS, measureHeadings } from '../../common/headings.ts';
import {
  departures,
  type HeadingPolicy,
  makeHeadingPolicy,
  measureWalks,
  SOFT_LAKE,
  softLakeOptions,
  softPpoTraining,
  type Walk,
} from '../../common/lake.ts';
import { SoftOptimum } from '../../common/softOptimum.ts';
import { lakeMap } from '../../envs/index.ts';
import type { Point } from '../../envs/lake/lakeMap.ts';
import { savePolicy } from '../../src/index.ts';
import type { SoftLakeCondition } from './conditions.ts';
import type { LakeConfig } from './config.ts';
import { sacPolicies, softSacTraining, trainOnSoftLake } from './softTrainings.ts';
import { softPpoSettings } from './tuned.ts';

/** What a job on the soft lake keeps for the figures. */
interface SoftLakeData {
  readonly walks: readonly Walk[];
  /** π(heading | start) at {@link DRAWN_HEADINGS} middles of equal cells from −π on. */
  readonly density: readonly number[];
  /** KL(π ‖ π*), nats, at each of {@link placesAtStart}. */
  readonly kls: readonly number[];
  readonly parameters: number;
}

const DRAWN_HEADINGS = 360;
/** Headings of the quadrature at a state elsewhere. */
const PLACE_POINTS = 360;
const VISITED_POINTS = 180;
/** Walks whose states are measured. */
const MEASURED_WALKS = 20;
const KEPT_WALKS = 40;

/** Trains a policy over headings by PPO or SAC on the soft return and measures it against the soft optimum. */
export async function softLakeJob(
  { policy: name, learner, task }: { policy: HeadingPolicy } & Pick<SoftLakeCondition, 'learner' | 'task'>,
  config: LakeConfig,
  { rng, directory, report }: JobContext,
): Promise<JobResult & { data: SoftLakeData }> {
  const { lake, sac } = config.soft;
  const { cells, points } = lake;
  const settings = softPpoSettings(config.tuned, name);
  const isBySac = learner === 'SAC';
  const policy = makeHeadingPolicy(name, isBySac ? sacPolicies[name]! : settings.policy, rng.split('policy'));
  const training = isBySac
    ? softSacTraining(policy, { task, steps: sac.steps, rng })
    : softPpoTraining(policy, { task, training: lake, settings, rng });
  await trainOnSoftLake(training, (share, row) => report(0.9 * share, row));

  const optimum = new SoftOptimum({ ...task, cells, points });
  const { start } = lakeMap;
  const atStart = (count: number) => measureHeadings(policy, { optimum, states: [start], points: count })[0]!;
  const [fine, coarse, drawn] = [FINE_POINTS, FINE_POINTS / 2, DRAWN_HEADINGS].map(atStart);
  const { metrics, walks } = measureWalks({
    env: SOFT_LAKE,
    options: softLakeOptions(task),
    policy,
    episodes: config.evaluationEpisodes,
    keep: KEPT_WALKS,
    rng: rng.split('evaluation'),
  });
  const visited = measureHeadings(policy, {
    optimum,
    states: walks.slice(0, MEASURED_WALKS).flatMap(departures),
    points: VISITED_POINTS,
  });
  const places = measureHeadings(policy, { optimum, states: placesAtStart, points: PLACE_POINTS });
  const parameters = policy.parameterCount();
  const measured = {
    kl: fine!.kl,
    klError: Math.abs(fine!.kl - coarse!.kl),
    klVisited: visited.reduce((sum, { kl }) => sum + kl, 0) / visited.length,
    water: fine!.water,
    ...metrics,
  };
  savePolicy(join(directory, 'policy.json'), policy, { env: SOFT_LAKE, ...task, ...measured });
  policy.dispose();
  const short = (value: number) => Number(value.toPrecision(4));
  const kls = places.map(({ kl }) => short(kl));
  return { metrics: measured, data: { walks, density: drawn!.density.map(short), kls, parameters } };
}

/** Places, and lengths from one to the next. */
const ALONG = { count: 16, apart: 0.05 };
/** The same on each side of the axis. */
const ACROSS = { count: 10, apart: 0.1 };

const { start } = lakeMap;

/** From the start to just before the shore, on the axis through the lake's middle and home. */
const placesAlongAxis: readonly Point[] = Array.from({ length: ALONG.count }, (_, i) => ({
  x: start.x + i * ALONG.apart,
  y: start.y,
}));

/** Across the axis at the start, from the lower side to the upper one. */
const placesAcrossAxis: readonly Point[] = Array.from({ length: 2 * ACROSS.count + 1 }, (_, i) => ({
  x: start.x,
  y: start.y + (i - ACROSS.count) * ACROSS.apart,
}));

/** The places about the start where policies are measured: those along the axis, then those across it. */
const placesAtStart: readonly Point[] = [...placesAlongAxis, ...placesAcrossAxis];
