import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { Reinforce } from '../../agents/index.ts';
import type { Answer, JobContext, JobResult, SummaryRow } from '../../cli/experiment/experiment.ts';
import { groupBy, withInterval } from '../../cli/experiment/summarize.ts';
import { metricTable } from '../../cli/report/table.ts';
import { makeVec } from '../../envs/index.ts';
import { start } from '../../envs/lake/lakeMap.ts';
import { cosineSchedule, loadPolicy, makePolicy } from '../../src/index.ts';
import { gridJobs } from '../shared/study.ts';
import type { LakeConfig } from './config.ts';
import { conditionLabel, percentWithInterval } from './labels.ts';
import { type LakeJob, type StudyPart, studyInParts } from './study.ts';
import { PPO_LAKE, ppoSettings } from './tuned.ts';
import { walkPanels, walksLegend, walkTables } from './walkFigures.ts';
import { ppoJob } from './walkJobs.ts';

const BUMPS = 'BumpBandit-v0';

/** What a job keeps for the figures: where μ ended for each scale. */
interface ClimbData {
  readonly curve: readonly { readonly scale: number; readonly mean: number }[];
}

/**
 * E5 in one number: a Gaussian policy of a fixed σ is trained by REINFORCE on BumpBandit-v0, for each σ of the settings. Metrics: `flip`, the
 * σ at which its mean leaves the bumps, and `flipVariance`, s² + σ² there, which the theory says is 1.
 */
export async function climb(
  { width }: { width: number },
  { fixedScale: { bandit } }: LakeConfig,
  { rng, report }: JobContext,
): Promise<JobResult & { data: ClimbData }> {
  const { scales, updates, episodes, learningRate } = bandit;
  const env = makeVec(BUMPS, { numEnvs: episodes, width });
  const curve = [];
  for (const [i, scale] of scales.entries()) {
    const stream = rng.split(String(scale));
    const policy = makePolicy('gaussian', {
      observationSpace: env.singleObservationSpace,
      actionSpace: env.singleActionSpace,
      hidden: [4],
      scale: 'fixed',
      initialScale: scale,
      rng: stream.split('policy'),
    });
    const agent = new Reinforce({
      policy,
      env,
      rng: stream.split('agent'),
      learningRate: cosineSchedule(learningRate),
      valueUpdates: 0,
    });
    let last = {};
    for await (const { policyLoss, gradientNorm } of agent.train({
      steps: updates * episodes,
      rng: stream.split('training'),
    })) {
      last = { policyLoss, gradientNorm };
    }
    const mean = tf.tidy(() => policy.given(tf.zeros([1, 1])).mode!().dataSync()[0]!);
    curve.push({ scale, mean });
    report((i + 1) / scales.length, { scale, mean, ...last });
    agent.dispose();
    policy.dispose();
  }
  env.close();
  const flip = flipOf(curve);
  return { metrics: { flip, flipVariance: flip === null ? null : width ** 2 + flip ** 2 }, data: { curve } };
}

const WIDTHS = [0.3, 0.6];
/** The widths of the bumps, one for each job of the bandit. */
const bumpConditions = WIDTHS.map((width) => ({ key: `width-${width}`, width }));
const widthOf = (condition: string | undefined) => bumpConditions.find(({ key }) => key === condition)!.width;

/** Figures of the flip, to two digits. */
const plain = (value: number): string => value.toFixed(2);

/** E5 in one number: bumps of reward at ±1, and a Gaussian of a fixed σ. */
const fixedScaleBandit: StudyPart = {
  environments: [BUMPS],

  jobs: (config) =>
    gridJobs<LakeJob>(config, {
      study: 'fixed-scale',
      environments: [BUMPS],
      policies: ['gaussian'],
      conditions: bumpConditions.map(({ key }) => key),
      weight: () => {
        const { scales, updates, episodes } = config.fixedScale.bandit;
        return 0.3 + scales.length * (0.05 + (updates * episodes) / 1e6);
      },
    }),

  runJob: ({ condition }, config, context) => climb({ width: widthOf(condition) }, config, context),

  tables: (rows) =>
    [...groupBy(rows, ({ condition }) => condition!)].map(([condition, own]) =>
      metricTable(`Fixed scales in one number, ${conditionLabel(condition)}`, own, [
        { metric: 'flip', label: 'σ at the flip', format: plain },
        { metric: 'flipVariance', label: 's² + σ² there', format: plain },
      ]),
    ),

  section: () => ({
    title: 'In one number',
    paragraphs: [
      'Two bumps of reward of width s stand at ±1, and the policy is N(μ, σ²) with a σ that is not trained. Seen through the noise a bump has the ' +
        'width S = √(s² + σ²), so that the return is J(μ) ∝ exp(−(μ − 1)² / 2S²) + exp(−(μ + 1)² / 2S²), and its best mean solves μ = tanh(μ / S²): one of two banks ' +
        'where s² + σ² < 1, and 0, between them, from there on. Gradient ascent on J itself and REINFORCE on sampled actions are beside that curve. ' +
        'The flip is where |μ| falls below 0.25.',
    ],
  }),
};

const GAUSSIAN = 'gaussian';
/** The condition of a σ that is trained. */
const LEARNED = 'learned';
interface ScaleCondition {
  readonly key: string;
  /** Undefined: learned. */
  readonly scale?: number;
}

/** The condition of a σ that stays what it is. */
function scaleKey(scale: number): string {
  return `scale-${scale}`;
}

function conditionsOf({ fixedScale: { lake } }: LakeConfig): ScaleCondition[] {
  return [...lake.scales.map((scale) => ({ key: scaleKey(scale), scale })), { key: LEARNED }];
}

/** E5 on the lake: PPO as in E0, with a Gaussian that may not change its σ. */
const fixedScaleLake: StudyPart = {
  environments: [PPO_LAKE],

  jobs: (config) =>
    gridJobs<LakeJob>(config, {
      study: 'fixed-scale',
      environments: [PPO_LAKE],
      policies: [GAUSSIAN],
      conditions: conditionsOf(config).map(({ key }) => key),
      weight: () => 0.7 + (config.ppo.steps * ppoSettings(config.tuned, GAUSSIAN).epochs) / 2e5,
    }),

  async runJob({ condition }, config, context) {
    const { scale } = conditionsOf(config).find(({ key }) => key === condition)!;
    const settings = ppoSettings(config.tuned, GAUSSIAN);
    const fixed = {
      env: PPO_LAKE,
      policy: GAUSSIAN,
      settings,
      ...(scale !== undefined && { fixedScale: scale }),
    } as const;
    const result = await ppoJob(fixed, config, context);
    return { ...result, metrics: { ...result.metrics, startSpeed: startSpeed(context.directory) } };
  },

  tables: (rows) => [
    ...walkTables('Fixed scales, PPO', rows),
    {
      title: 'Fixed scales, PPO: the mean velocity at the start',
      columns: ['σ', '|μ|'],
      rows: rows
        .filter(({ metric, iqm }) => metric === 'startSpeed' && iqm !== null)
        .map(({ condition, iqm }) => [conditionLabel(condition!).replace('σ = ', ''), iqm!.toFixed(2)]),
    },
  ],

  section: ({ outcomes }) => ({
    title: 'On the lake',
    paragraphs: [
      'PPO on the fine lake with E0’s settings for the Gaussian, but for σ: fixed, of each component of the velocity, or learned. The lake slows velocities down to ' +
        'a norm of 1, and the mean is free: a policy may make up for a large σ by a mean that is far longer than 1. The table has |μ| at the start.',
    ],
    figures: [
      {
        name: 'fixed-scale-walks',
        caption: '40 sampled walks of the seed with the median share of drowned walks.',
        legend: walksLegend,
        panels: walkPanels(outcomes, {
          metric: 'drownRate',
          better: 'lower',
          label: 'drowned',
          titleOf: ({ condition }) => conditionLabel(condition!),
        }),
      },
    ],
  }),
};

/** |μ| at the start of the policy that a job has saved. */
function startSpeed(directory: string): number {
  const { policy } = loadPolicy(join(directory, 'policy.json'));
  const [vx, vy] = tf.tidy(() => policy.given(tf.tensor2d([[start.x, start.y]])).mode!().dataSync());
  policy.dispose();
  return Math.sqrt(vx! * vx! + vy! * vy!);
}

/** E5: what a Gaussian that may not change its scale does. */
export const fixedScale = studyInParts([fixedScaleBandit, fixedScaleLake], {
  name: 'fixed-scale',
  title: 'A Gaussian of a fixed scale',
  question: 'Is it the Gaussian that walks into the water, or the size of its noise?',
  prediction:
    'The noise: with a fixed σ the best mean lies between the banks exactly where s² + σ² ≥ 1, and the more σ the more drown; with a learned σ few do.',
  endpoint: 's² + σ² where the trained mean moves into the water, in theory 1 (chosen before the run)',
  answer: ({ rows }, config) => flipAnswer(rows, config),
});

/** The rows of s² + σ² at the flip, one for each width. */
function flips(rows: readonly SummaryRow[]): SummaryRow[] {
  return rows.filter(({ metric, iqm }) => metric === 'flipVariance' && iqm !== null);
}

/** Where the mean flips in one number; and whether the same noise drowns anybody on the lake. */
function flipAnswer(rows: readonly SummaryRow[], { fixedScale: { lake } }: LakeConfig): Answer | undefined {
  const measured = flips(rows);
  const largest = scaleKey(Math.max(...lake.scales));
  const at = (metric: string) =>
    rows.find((row) => row.metric === metric && row.condition === largest && row.iqm !== null);
  const [drowned, speed] = [at('drownRate'), at('startSpeed')];
  const inOneNumber = measured.map(
    (row) => `at s² + σ² = ${withInterval(row, plain)} for bumps of width ${conditionLabel(row.condition!)}`,
  );
  const sentences = [
    ...(inOneNumber.length === 0
      ? []
      : [
          `In one number the mean of a Gaussian of fixed σ moves into the water ${inOneNumber.join(' and ')}; theory says 1.`,
        ]),
    ...(drowned === undefined ? [] : [onTheLake(drowned, speed)]),
  ];
  if (sentences.length === 0) return undefined;
  const bars = measured.flatMap(({ condition, iqm, low, high }) =>
    iqm === null ? [] : [{ label: conditionLabel(condition!), value: iqm, low, high, text: plain(iqm) }],
  );
  return {
    text: sentences.join(' '),
    ...(bars.length > 0 && { chart: { caption: 's² + σ² at the flip; in theory 1', bars } }),
  };
}

/** What a fixed σ drowns on the lake, where a mean may outgrow it: norms above 1 are cut. */
function onTheLake(drowned: SummaryRow, speed: SummaryRow | undefined): string {
  const label = conditionLabel(drowned.condition!);
  const share = `On the lake ${label} drowns ${percentWithInterval(drowned)}`;
  const length = speed?.iqm ?? 0;
  return drowned.iqm! < FAILS && length > 1
    ? `${share}: the mean grows to ${length.toFixed(1)} times full speed, beside which the noise is small.`
    : `${share}.`;
}

/** What a σ that the study blames was expected to drown. */
const FAILS = 0.2;

/** A mean this near to 0 is one between the bumps. */
const BETWEEN = 0.25;

/**
 * The scale at which means leave the banks: where |μ| against σ first falls below 0.25, linear between the scales that were tried. By the
 * theory S² = 0.25 / artanh 0.25 = 0.979 there, 2 % below the fork, so that noise near 0 is not taken for a branch. Null where it
 * does not fall.
 * @param curve by rising scale
 */
export function flipOf(curve: readonly { readonly scale: number; readonly mean: number }[]): number | null {
  for (const [i, { scale, mean }] of curve.entries()) {
    const before = curve[i - 1];
    if (before === undefined || Math.abs(mean) >= BETWEEN || Math.abs(before.mean) < BETWEEN) continue;
    const share = (Math.abs(before.mean) - BETWEEN) / (Math.abs(before.mean) - Math.abs(mean));
    return before.scale + share * (scale - before.scale);
  }
  return null;
}
