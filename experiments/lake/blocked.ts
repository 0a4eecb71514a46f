import { join } from 'node:path';
import { Ppo } from '../../agents/index.ts';
import type { JobContext, JobResult, Section, SummaryRow } from '../../cli/experiment/experiment.ts';
import {
  type HeadingPolicy,
  headingPolicies,
  makeHeadingPolicy,
  measureWalks,
  SOFT_LAKE,
  STRIDE,
  softLakeOptions,
  softPpoTraining,
  type Walk,
} from '../../common/lake.ts';
import { type Bank, type MakeOptions, makeVec } from '../../envs/index.ts';
import { Actor, type Policy, type Rng, savePolicy } from '../../src/index.ts';
import { gridJobs } from '../shared/study.ts';
import type { LakeConfig } from './config.ts';
import { bound, classAnswer, classRows, percent, percentWithInterval, policyLabel, shareColumn } from './labels.ts';
import { trainOnSoftLake } from './softTrainings.ts';
import { type LakeJob, type LakeStudy, type StudyResults, tableOf } from './study.ts';
import { softPpoSeconds, softPpoSettings } from './tuned.ts';
import { walkPanels, walksLegend } from './walkFigures.ts';
import { successAtK } from './walkJobs.ts';

/** The study in the report. */
function blockedSection({ outcomes }: StudyResults): Omit<Section, 'title'> {
  return {
    paragraphs: [
      'Each policy over headings first learns by PPO on the soft return of the open stride lake, with E2’s settings. ' +
        `τ falls to ${TASK.temperature}. Then one bank is flooded from the shore to the border, which no observation tells. Success within k tries is estimated ` +
        'without bias from many walks, on the bank whose loss hurts the policy more. At last PPO goes on training where it is blocked, until nine of ten walks get home.',
    ],
    figures: [
      {
        name: 'blocked-walks',
        caption:
          'Walks where the worse bank, the thick blue line, is blocked, before PPO goes on. Positions in lengths. Each policy with the ' +
          'seed of its median success (of an even number, the worse of the two in the middle).',
        legend: walksLegend,
        panels: walkPanels(outcomes, { metric: 'success1', better: 'higher', label: 'home' }),
      },
    ],
  };
}

/** E3: one bank is blocked, and no observation tells. */
export const blocked: LakeStudy = {
  name: 'blocked',
  title: 'A bank is blocked after training',
  question: 'Which policies still get home where the bank that they would use is blocked, unknown to them?',
  prediction:
    'A policy that keeps both banks gets home within k fresh tries with probability 1 − 2⁻ᵏ, whichever bank is blocked; a committed ' +
    'Gaussian never does on its worst bank. So it is against an opponent who blocks the bank used more: the one gets home every other ' +
    'time, the other never.',
  endpoint: 'success within eight tries, the worse bank blocked (chosen post hoc)',

  jobs: (config) =>
    gridJobs<LakeJob>(config, {
      study: 'blocked',
      environments: [SOFT_LAKE],
      policies: headingPolicies,
      weight: ({ policy }) =>
        softPpoSeconds(softPpoSettings(config.tuned, policy as HeadingPolicy), config.soft.lake.steps) +
        config.blocked.fineTuning.steps / 25_000,
    }),

  runJob: ({ policy }, config, context) => blockBank({ policy: policy as HeadingPolicy }, config, context),

  tables: (rows) => [
    ...tableOf('A blocked bank: home', rows, [
      { metric: 'homeRate', label: 'none blocked', ...shareColumn },
      { metric: 'modeBalance', label: 'less used bank', ...shareColumn },
      { metric: 'hidden', label: 'either, at random', ...shareColumn },
      { metric: 'opponentHome', label: 'the one used more', ...shareColumn },
    ]),
    ...tableOf('The worse bank blocked: success', rows, [
      ...TRIES.map((k) => ({ metric: `success${k}`, label: k === 1 ? '1 try' : `${k} tries`, ...shareColumn })),
      { metric: 'adapted', label: 'adapted by PPO', ...shareColumn },
      {
        metric: 'stepsToAdapt',
        label: 'steps to that, of seeds that did',
        format: (value: number) => value.toFixed(0),
      },
    ]),
  ],

  answer: ({ rows }) =>
    classAnswer(classRows(rows, { metric: 'success8' }), {
      format: percent,
      caption: 'success within eight tries, the worse bank blocked',
      most: 1,
      told: (gaussian, other) =>
        `With its worse bank blocked and eight tries, ${[gaussian, other].map(sureSeeds).join(', ')}.`,
    }),

  section: blockedSection,
};

/** A policy with two modes gets home so often within eight tries, … */
const SURE = 0.9;

/** How often a class gets home, and in how many seeds that is sure. */
function sureSeeds(row: SummaryRow): string {
  const values = row.perSeed.filter((value) => value !== null);
  const sure = values.filter((value) => value >= SURE).length;
  return `a ${policyLabel(row.policy)} gets home in ${percentWithInterval(row)} (${sure} of ${values.length} seeds reach ${bound(SURE)})`;
}

/** τ was raised from 0.02, at which the spline nearly lost a bank, on seeds 1000 and 1001. */
const TASK = { stride: STRIDE, temperature: 0.05 };
const OPTIONS = softLakeOptions(TASK);
/** How many tries success is told for. */
const TRIES = [1, 2, 4, 8] as const;
/** The share of walks home at which a policy has found the other bank. */
const ADAPTED = 0.9;
const KEPT_WALKS = 40;

/** What a job keeps for the figures. */
interface BlockedData {
  readonly worst: Bank;
  /** Against the worst bank, before fine-tuning. */
  readonly walks: readonly Walk[];
}

/**
 * Trains a policy over headings on the soft return of the open lake, blocks either bank without a word, and measures how often a walk gets home in k tries; then
 * fine-tunes it by PPO on the lake whose blocked bank is the worse one for it.
 */
async function blockBank(
  { policy: name }: { policy: HeadingPolicy },
  config: LakeConfig,
  { rng, directory, report }: JobContext,
): Promise<JobResult & { data: BlockedData }> {
  const { blocked, soft, evaluationEpisodes } = config;
  const settings = softPpoSettings(config.tuned, name);
  const policy = makeHeadingPolicy(name, settings.policy, rng.split('policy'));
  const pretraining = { task: TASK, training: soft.lake, settings, rng: rng.split('pretraining') };
  await trainOnSoftLake(softPpoTraining(policy, pretraining), (share) => report(0.7 * share));
  const walk = (blocked: Bank | 'none') =>
    measureWalks({
      env: SOFT_LAKE,
      options: { ...OPTIONS, blocked },
      policy,
      episodes: evaluationEpisodes,
      keep: KEPT_WALKS,
      rng: rng.split(`walks, ${blocked}`),
    });
  const open = walk('none').metrics;
  const [upper, lower] = [walk('upper'), walk('lower')];
  const worst = upper.metrics.homeRate <= lower.metrics.homeRate ? 'upper' : 'lower';
  const { metrics, walks } = worst === 'upper' ? upper : lower;
  const successes = Math.round(metrics.homeRate * evaluationEpisodes);
  const atK = Object.fromEntries(
    TRIES.filter((k) => k <= evaluationEpisodes).map((k) => [
      `success${k}`,
      successAtK({ successes, tries: evaluationEpisodes, k }),
    ]),
  );
  const opponentHome = homeRateAgainstOpponent(policy, OPTIONS, rng.split('opponent'));
  savePolicy(join(directory, 'policy.json'), policy, { env: SOFT_LAKE, ...open });

  const { steps, envs, ...learning } = blocked.fineTuning;
  const env = makeVec(SOFT_LAKE, { ...OPTIONS, numEnvs: envs, blocked: worst });
  const agent = new Ppo({ ...learning, policy, env, rng: rng.split('agent'), gamma: 0.99, klCoefficient: 0 });
  let adapted: number | undefined;
  for await (const { step, episodes } of agent.train({ steps, rng: rng.split('fine-tuning') })) {
    const home = episodes.filter(({ info }) => info.outcome === 'home').length;
    const homeRate = episodes.length === 0 ? null : home / episodes.length;
    if (homeRate !== null && homeRate >= ADAPTED) adapted ??= step;
    report(0.75 + (0.25 * step) / steps, { step, homeRate });
  }
  agent.dispose();
  policy.dispose();
  env.close();
  const { homeRate, drownRate, modeBalance } = open;
  const lesserHome = modeBalance === null ? 0 : homeRate * modeBalance;
  return {
    metrics: {
      homeRate,
      drownRate,
      modeBalance,
      // What is left where the other bank is blocked and no observation tells.
      lesserHome,
      ...atK,
      hidden: (upper.metrics.homeRate + lower.metrics.homeRate) / 2,
      opponentHome,
      adapted: adapted === undefined ? 0 : 1,
      stepsToAdapt: adapted ?? null,
    },
    data: { worst, walks },
  };
}

/** Opponents, each with a memory of its own. */
const OPPONENTS = 50;
/** Walks of each until it knows the policy: the newest has a tenth of the weight in its average. */
const LEARNING_WALKS = 20;
/** Walks of each that count. */
const WALKS = 20;

/** The share of walks home on the stride lake where an opponent blocks the bank that a policy has used more. */
export function homeRateAgainstOpponent(policy: Policy, options: MakeOptions, rng: Rng): number {
  const env = makeVec(SOFT_LAKE, {
    ...options,
    blocked: 'opponent',
    numEnvs: OPPONENTS,
  });
  const actor = new Actor(policy, { rng: rng.split('actions'), batch: OPPONENTS });
  const walks = new Int32Array(OPPONENTS);
  let home = 0;
  let [observations] = env.reset({ seed: rng.split('env').seed });
  while (walks.some((count) => count < LEARNING_WALKS + WALKS)) {
    const step = env.step(Float32Array.from(actor.act(observations).action));
    for (let i = 0; i < OPPONENTS; i++) {
      if (!step.terminations[i] && !step.truncations[i]) continue;
      const counts = walks[i]! >= LEARNING_WALKS && walks[i]! < LEARNING_WALKS + WALKS;
      if (counts && step.finalInfos[i]!.outcome === 'home') home += 1;
      walks[i]! += 1;
    }
    observations = step.observations;
  }
  actor.dispose();
  env.close();
  return home / (OPPONENTS * WALKS);
}
