import { z } from 'zod';
import { episodeStatistics, Ppo } from '../agents/index.ts';
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
import { groupBy } from '../cli/experiment/summarize.ts';
import { trueMinus } from '../cli/experiment/text.ts';
import { metricTable } from '../cli/report/table.ts';
import { measurePolicy } from '../cli/train/measurePolicy.ts';
import { make, makeVec } from '../envs/index.ts';
import { makePolicy, type Policy, type Rng } from '../src/index.ts';
import type { AnySpace } from '../src/spaces/plain.ts';
import { annealed, measureOnBandit, softenOnBandit } from './lake/bandit.ts';
import { count, counted } from './shared/settings.ts';
import { defineStudy, gridJobs, seedsFigure } from './shared/study.ts';

const choices = {
  studies: ['ppo', 'soft'],
  policies: ['gaussian', 'tanh-gaussian', 'mixture', 'realnvp', 'spline'],
  environments: ['Pendulum-v1', 'Multigoal-v0', 'SoftBandit-v0'],
} as const;

type StabilityPolicy = (typeof choices.policies)[number];
type StabilityEnv = (typeof choices.environments)[number];

/** Where each study asks its question, and of whom. In one dimension RealNVP is a Gaussian. */
const questions: Record<(typeof choices.studies)[number], Partial<Record<StabilityEnv, readonly StabilityPolicy[]>>> = {
  ppo: {
    'Pendulum-v1': ['gaussian', 'tanh-gaussian', 'mixture', 'spline'],
    'Multigoal-v0': ['gaussian', 'tanh-gaussian', 'mixture', 'realnvp', 'spline'],
  },
  soft: { 'SoftBandit-v0': ['gaussian', 'mixture', 'spline'] },
};

const stabilitySchema = z.strictObject({
  ...commonShape(choices, { seeds: 10 }),
  engine: engineSetting('auto'),
  evaluationEpisodes: counted(300, 'episodes of each trained policy, with sampled actions', 'episodes'),
  greedyEpisodes: counted(100, 'episodes of each trained policy, with greedy actions', 'episodes'),
  ppo: z
    .strictObject({
      steps: counted(100_000, 'length of a training, over all environments', 'steps', 1e9),
      envs: counted(4, 'parallel environments', 'environments', 10_000),
      horizon: counted(1024, 'steps of each environment between updates', 'steps'),
      epochs: counted(10, 'passes over a rollout', 'passes'),
      batchSize: counted(64, 'size of a minibatch', 'steps'),
      learningRate: z.number().positive().default(1e-3).describe('learning rate of policy and value function'),
      gamma: z.number().min(0).max(1).default(0.9).describe('γ, the discount of a step'),
      lambda: z.number().min(0).max(1).default(0.95).describe('λ of the generalized advantages'),
    })
    .prefault({}),
  soft: z
    .strictObject({
      steps: counted(4000, 'length of a training', 'updates', 1e9),
      batchSize: count()
        .multipleOf(2)
        .default(512)
        .meta({ description: 'actions of an update, in antithetic pairs', unit: 'actions' }),
      learningRate: z.number().positive().default(1.2e-2).describe('learning rate at first; half a cosine down to 0'),
      temperature: z
        .number()
        .positive()
        .max(1)
        .default(0.15)
        .meta({ description: 'τ, the weight of the entropy, after annealing from 1', unit: 'reward per nat' }),
    })
    .prefault({}),
});

type StabilityConfig = z.infer<typeof stabilitySchema>;

/** A policy as its name makes it: no class has a setting of its own. */
function makeStabilityPolicy(
  name: StabilityPolicy,
  task: { observationSpace: AnySpace; actionSpace: AnySpace; rng: Rng },
): Policy {
  return name === 'tanh-gaussian' ? makePolicy('gaussian', { ...task, squash: 'tanh' }) : makePolicy(name, task);
}

interface StabilityJob extends Job {
  readonly study: (typeof choices.studies)[number];
  readonly env: StabilityEnv;
  readonly policy: StabilityPolicy;
}

/** Relative cost of a job of each policy. */
const COST: Record<StabilityPolicy, number> = {
  gaussian: 1,
  'tanh-gaussian': 1,
  mixture: 1.3,
  realnvp: 2,
  spline: 2.5,
};

/** Whether other policies can take the Gaussian's place in PPO, at one setting for all. */
export const stability = defineStudy<StabilityConfig, StabilityJob>({
  name: 'stability',
  headline: 'Can other policies take the Gaussian’s place in PPO?',
  description: 'PPO with the same settings for every policy class: scores, worst seeds, and how far updates move.',
  schema: stabilitySchema,
  choices,
  steps: { ppo: 'ppo.steps', soft: 'soft.steps' },
  presets: {
    quick: {
      seeds: [0, 1],
      policies: ['gaussian', 'spline'],
      environments: ['Pendulum-v1', 'SoftBandit-v0'],
      evaluationEpisodes: 100,
    },
  },

  jobs: (config) =>
    (config.studies as StabilityJob['study'][]).flatMap((study) =>
      (config.environments as StabilityEnv[]).flatMap((env) =>
        gridJobs<StabilityJob>(config, {
          study,
          environments: [env],
          policies: config.policies.filter((policy) => questions[study][env]?.includes(policy)),
          weight: ({ policy }) => COST[policy] * (study === 'ppo' ? 3 : 1),
        }),
      ),
    ),

  runJob: (job, config, context) => (job.study === 'ppo' ? optimize : soften)(job, config, context),

  tables: (summary, config) => [...byEnv(summary, config).map(scores), answersTable(summary, config)],

  answer(summary, config) {
    const byPolicy = groupBy(answersOf(summary, config), ({ policy }) => policy);
    const texts = [...byPolicy].map(([policy, own]) => {
      const places = (answer: string) => {
        const found = own.filter((each) => each.answer === answer).map(({ env }) => env);
        return found.length === 0 ? [] : [`${answer} on ${found.join(', ')}`];
      };
      return `${policy} ${[...places('holds'), ...places('fails')].join(' and ')}`;
    });
    return texts.length === 0 ? undefined : { text: `In the Gaussian’s place: ${texts.join('; ')}.` };
  },

  report: (_outcomes, summary, config) => byEnv(summary, config).map(section),
});

/** The rows of each study and environment that have some. */
function byEnv(summary: readonly SummaryRow[], { studies, environments }: StabilityConfig): SummaryRow[][] {
  return studies
    .flatMap((study) => environments.map((env) => summary.filter((row) => row.study === study && row.env === env)))
    .filter((rows) => rows.length > 0);
}

function scores(rows: readonly SummaryRow[]): Table {
  const { study, env } = rows[0]!;
  const digits = (count: number) => (value: number) => value.toFixed(count);
  return study === 'ppo'
    ? metricTable(`PPO, ${env}`, rows, [
        { metric: 'return', label: 'return, sampled', format: digits(1) },
        { metric: 'greedyReturn', label: 'return, greedy', format: digits(1) },
        { metric: 'klOfRollout', label: 'KL of the rollout that moved furthest, nats', format: digits(3) },
        { metric: 'ratio', label: 'largest ratio', format: digits(1) },
      ])
    : metricTable(`Soft optimum, ${env}`, rows, [
        { metric: 'kl', label: 'KL to the optimum, nats', format: digits(3) },
        { metric: 'rightShare', label: 'share of the right bank', format: digits(2) },
      ]);
}

function answersTable(summary: readonly SummaryRow[], config: StabilityConfig): Table {
  return {
    title: 'In the Gaussian’s place',
    columns: ['environment', 'policy', 'answer', 'figures'],
    rows: answersOf(summary, config).map(({ env, policy, answer, figures }) => [env, policy, answer, figures]),
  };
}

/** Whether each policy takes the Gaussian's place in each environment, and by which figures. */
function answersOf(summary: readonly SummaryRow[], config: StabilityConfig) {
  return byEnv(summary, config).flatMap((own) => {
    const { study, env } = own[0]!;
    const policies = [...new Set(own.map(({ policy }) => policy))].filter((policy) => policy !== 'gaussian');
    return policies.flatMap((policy) => {
      const criteria = study === 'ppo' ? dropInCriteria(own, policy) : softCriteria(own, policy);
      if (criteria === undefined) return [];
      const answer = criteria.every(({ holds }) => holds) ? 'holds' : 'fails';
      const figures = criteria.map(({ text, holds }) => (holds ? text : `${text}: missed`)).join('; ');
      return [{ env, policy, answer, figures }];
    });
  });
}

function section(rows: readonly SummaryRow[]): Section {
  const { study, env } = rows[0]!;
  const [metric, x] = study === 'ppo' ? ['return', 'return of an episode'] : ['kl', 'KL to the soft optimum, nats'];
  return {
    title: study === 'ppo' ? `PPO, ${env}` : `The soft optimum, ${env}`,
    paragraphs: [
      study === 'ppo'
        ? 'Every policy class has the same settings, which are those of the Gaussian. A class that its updates move too far collapses in some seeds.'
        : 'The reward has two equal banks with water between them. The temperature is annealed; all variables learn at full speed.',
    ],
    figures: [
      seedsFigure(
        `${study}-${env}-${metric}`,
        x!,
        rows.filter((row) => row.metric === metric),
        { x: x!, policies: choices.policies },
      ),
    ],
  };
}

/** PPO with the same settings for every policy class: what it scores, and how far a rollout's updates moved the policy at most. */
async function optimize(
  { env: id, policy: name }: { env: StabilityEnv; policy: StabilityPolicy },
  { ppo: { steps, envs, ...settings }, evaluationEpisodes, greedyEpisodes }: StabilityConfig,
  { rng, report: tell }: JobContext,
): Promise<JobResult> {
  const makeEnvs = (numEnvs: number) => makeVec(id, { numEnvs });
  const env = makeEnvs(envs);
  const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = env;
  const policy = makeStabilityPolicy(name, { observationSpace, actionSpace, rng: rng.split('policy') });
  const agent = new Ppo({ policy, env, rng: rng.split('agent'), ...settings });
  const furthest = { klOfRollout: 0, klOfMinibatch: 0, ratio: 0 };
  for await (const { episodes, ...report } of agent.train({ steps, rng: rng.split('training') })) {
    furthest.klOfRollout = Math.max(furthest.klOfRollout, report.approxKl);
    furthest.klOfMinibatch = Math.max(furthest.klOfMinibatch, report.largestKl);
    furthest.ratio = Math.max(furthest.ratio, report.largestRatio);
    tell((0.95 * Math.min(report.step, steps)) / steps, { ...report, return: episodeStatistics(episodes).return });
  }
  const measured = async (greedy: boolean, episodes: number): Promise<number | null> =>
    episodeStatistics(await measurePolicy({ policy, makeEnvs, episodes, greedy, rng: rng.split('evaluation') })).return;
  const metrics = {
    return: await measured(false, evaluationEpisodes),
    greedyReturn: await measured(true, greedyEpisodes),
    ...furthest,
  };
  agent.dispose();
  policy.dispose();
  env.close();
  return { metrics };
}

/** The soft optimum of a bandit with two banks: whether the head lets a policy find both, with all its variables at full speed. */
async function soften(
  { policy: name }: { policy: StabilityPolicy },
  { soft: { temperature, ...settings } }: StabilityConfig,
  { rng, report }: JobContext,
): Promise<JobResult> {
  const { observationSpace, actionSpace } = make('SoftBandit-v0');
  const policy = makeStabilityPolicy(name, { observationSpace, actionSpace, rng: rng.split('policy') });
  softenOnBandit({
    ...settings,
    policy,
    penalty: 0,
    temperature: annealed(temperature),
    noise: 'antithetic',
    rng: rng.split('noise'),
    report: (row) => report((0.95 * row.step) / settings.steps, row),
  });
  const { kl, rightShare } = measureOnBandit(policy, { temperature, penalty: 0 });
  policy.dispose();
  return { metrics: { kl, rightShare } };
}

/** What a policy class must keep to take the Gaussian's place. */
const BOUNDS = { lost: 0.05, worst: 0.5, kl: 0.1, softKl: 0.02 };

interface Criterion {
  /** What was asked, with the figures. */
  readonly text: string;
  readonly holds: boolean;
}

/**
 * Whether a policy can take the Gaussian's place in PPO on an environment: an interquartile mean of returns at most 5 % below the
 * Gaussian's, no seed below the Gaussian's worst by more than half of that, no rollout that moved it by a KL above 0.1.
 * @param rows of one environment
 * @returns undefined where one of the two was not measured
 */
export function dropInCriteria(rows: readonly SummaryRow[], policy: string): readonly Criterion[] | undefined {
  const of = (name: string, metric: string) => rows.find((row) => row.policy === name && row.metric === metric);
  const [own, gaussian, moved] = [of(policy, 'return'), of('gaussian', 'return'), of(policy, 'klOfRollout')];
  if (own?.iqm == null || gaussian?.iqm == null || moved == null) return undefined;
  const least = gaussian.iqm - BOUNDS.lost * Math.abs(gaussian.iqm);
  const [worst, gaussiansWorst] = [own, gaussian].map((row) => Math.min(...measured(row))) as [number, number];
  const leastWorst = gaussiansWorst - BOUNDS.worst * Math.abs(gaussiansWorst);
  const largest = Math.max(...measured(moved));
  return [
    { text: trueMinus(`interquartile mean ${own.iqm.toFixed(0)}, asked ${least.toFixed(0)}`), holds: own.iqm >= least },
    { text: trueMinus(`worst seed ${worst.toFixed(0)}, asked ${leastWorst.toFixed(0)}`), holds: worst >= leastWorst },
    { text: `largest KL of a rollout ${largest.toFixed(3)}, asked ${BOUNDS.kl}`, holds: largest <= BOUNDS.kl },
  ];
}

/** Whether a policy with several modes finds the soft optimum: an interquartile mean of KLs of at most 0.02 nats. */
export function softCriteria(rows: readonly SummaryRow[], policy: string): readonly Criterion[] | undefined {
  const row = rows.find((each) => each.policy === policy && each.metric === 'kl');
  if (row?.iqm == null) return undefined;
  return [{ text: `KL ${row.iqm.toFixed(3)}, asked ${BOUNDS.softKl}`, holds: row.iqm <= BOUNDS.softKl }];
}

function measured({ perSeed }: SummaryRow): number[] {
  return perSeed.filter((value) => value !== null);
}
