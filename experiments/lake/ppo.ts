import type { Answer, Figure, Outcome, SummaryRow } from '../../cli/experiment/experiment.ts';
import { groupBy } from '../../cli/experiment/summarize.ts';
import { intervalChart, profileChart } from '../../cli/report/charts.ts';
import { describeBest } from '../../cli/report/table.ts';
import { performanceProfile } from '../../cli/statistics/bootstrap.ts';
import { type DensityPolicyName, densityPolicyNames, policyCost } from '../../common/lake.ts';
import { type AnyLakeId, allLakeGrains } from '../../envs/index.ts';
import { Rng } from '../../src/index.ts';
import { ARRIVED, arrivalEndpoint, describeArrivals } from './arrivals.ts';
import { lakeNames } from './conditions.ts';
import { percent } from './labels.ts';
import { type LakeStudy, lakeJobs } from './study.ts';
import { PPO_LAKE, ppoSettings, robotLakes, stepSeconds, walkSeconds } from './tuned.ts';
import { drownTable, walksFigures, walkTables } from './walkFigures.ts';
import { ppoJob } from './walkJobs.ts';

const METRIC = { name: 'homeRate', label: 'home', what: 'share of walks that get home', better: 'higher' } as const;

/** From below what drowning returns to above what the quickest walk does. */
const THRESHOLDS = Array.from({ length: 111 }, (_, i) => -1.2 + 0.02 * i);

/** E0: PPO on the lake, whose optimum is deterministic. */
export const ppo: LakeStudy = {
  name: 'ppo',
  title: 'PPO from scratch',
  question: 'Does a policy with several modes get home more often than a Gaussian where everything is observed?',
  prediction:
    'No: the optimum is deterministic, so every policy that gets home commits to one bank, and all return the same.',

  jobs: (config) =>
    lakeJobs(config, {
      study: 'ppo',
      environments: [PPO_LAKE, ...robotLakes],
      policies: densityPolicyNames,
      weight: ({ env, policy }) =>
        stepSeconds(env) * config.ppo.steps +
        walkSeconds(env) * config.evaluationEpisodes +
        (policyCost[policy as DensityPolicyName] *
          config.ppo.steps *
          ppoSettings(config.tuned, policy as DensityPolicyName, env).epochs) /
          2e5,
    }),

  runJob(job, config, context) {
    const policy = job.policy as DensityPolicyName;
    const env = job.env as AnyLakeId;
    return ppoJob({ env, policy, settings: ppoSettings(config.tuned, policy, env) }, config, context);
  },

  tables: (rows) => walkTables('PPO', rows),

  answer: ({ rows }) => arrivalAnswer(rows),

  endpoint: ({ rows }) => arrivalEndpoint(onFineLake(rows), { where: 'fine lake', chosen: 'post hoc' }),

  section: ({ outcomes, rows }, config) => ({
    paragraphs: [
      'The lake is fully observed, so a deterministic policy is among the best, and a Gaussian that moves its mean and shrinks its ' +
        'scale can be one. The mode entropy, that of the bank of walks home, is 0 nats where a policy has committed to one side, and ' +
        'ln 2 = 0.69 where it uses both alike.',
      ...[
        describeBest(
          onFineLake(rows).filter(({ metric }) => metric === METRIC.name),
          { better: METRIC.better, label: 'Most get home', format: percent },
        ),
        ...[...groupBy(outcomes, ({ job }) => job.env)].map(([env, own]) => describeArrival(env, own)),
      ].filter((text) => text !== undefined),
    ],
    figures: [...groupBy(outcomes, ({ job }) => job.env)].flatMap(([env, own]) =>
      lakeFigures(
        env,
        own,
        rows.filter((row) => row.env === env),
      ),
    ),
    tables: [...groupBy(rows, ({ env }) => env)].map(([env, own]) =>
      drownTable(
        `PPO${env === PPO_LAKE ? '' : `, ${env}`}: drowned by seed, %, with the 95 % Wilson interval over ${config.evaluationEpisodes} walks`,
        own.filter(({ metric }) => metric === 'drownRate').map((row) => ({ heading: row.policy, row })),
        config,
      ),
    ),
  }),
};

const onFineLake = (rows: readonly SummaryRow[]): SummaryRow[] => rows.filter(({ env }) => env === PPO_LAKE);

/** On the fine lake; where a run has none but robots', on those. */
function arrivalAnswer(rows: readonly SummaryRow[]): Answer | undefined {
  const own = onFineLake(rows);
  const answers = [...groupBy(own.length > 0 ? own : rows, ({ env }) => env)].flatMap(
    ([env, lake]) => describeArrivals(lake, `On the ${lakeNames[env]}, `) ?? [],
  );
  return answers.length > 1 ? { text: answers.map(({ text }) => text).join(' ') } : answers[0];
}

/** Walks, curves and intervals on one lake. */
function lakeFigures(env: string, outcomes: readonly Outcome[], rows: readonly SummaryRow[]): Figure[] {
  const name = `ppo-${env.replaceAll('/', '-')}`;
  return [
    ...walksFigures({
      name,
      outcomes,
      rows,
      metric: METRIC,
      curve: { field: 'return', x: 'environment steps', y: 'return of an episode' },
    }),
    {
      name: `${name}-entropy`,
      caption: 'Mode entropy of walks home, nats: 0 for one bank only, ln 2 = 0.69 for both alike.',
      spec: intervalChart(
        rows.filter(({ metric }) => metric === 'modeEntropy'),
        { x: 'mode entropy, nats', domain: [0, Math.LN2], policies: densityPolicyNames },
      ),
    },
    {
      name: `${name}-profile`,
      caption:
        'Performance profile: the share of seeds with a return above each threshold, in its 95 % band. Seeds that never find home ' +
        'stay at −0.3 or below.',
      spec: profileChart(
        rows
          .filter(({ metric }) => metric === 'return')
          .map(({ policy, perSeed }) => ({ policy, scores: perSeed.filter((value) => value !== null) }))
          .filter(({ scores }) => scores.length > 0)
          .map(({ policy, scores }) => ({
            policy,
            points: performanceProfile(scores, THRESHOLDS, { rng: new Rng('profile') }),
          })),
        { x: 'return', policies: densityPolicyNames },
      ),
    },
  ];
}

/** How many seeds have learned the way home, which have not, and what those do instead. */
function describeArrival(env: string, outcomes: readonly Outcome[]): string {
  const lost = outcomes.filter(({ result }) => (result.metrics.homeRate ?? 0) < ARRIVED);
  const where = env === PPO_LAKE ? '' : `${env}: `;
  const count = `${where}${outcomes.length - lost.length} of ${outcomes.length} seeds bring at least ${100 * ARRIVED} % of their walks home`;
  if (lost.length === 0) return `${count}.`;
  const seeds = lost.map(({ job, result: { metrics }, rows }) => {
    const [home, drowned] = [metrics.homeRate ?? 0, metrics.drownRate ?? 0];
    const returns = rows.flatMap((row) => (typeof row.return === 'number' ? [row.return] : []));
    const best = returns.length === 0 ? '' : `; best rollout in training ${Math.max(...returns).toFixed(2)}`;
    return `${job.policy}, seed ${job.seed} (home ${percent(home)}, drowned ${percent(drowned)}, out of time ${percent(1 - home - drowned)}${best})`;
  });
  const { maxEpisodeSteps, stepCost } = allLakeGrains[env as AnyLakeId];
  const still = Number((maxEpisodeSteps * stepCost).toFixed(2));
  return (
    `${count}. The others: ${seeds.join('; ')}. Standing still returns −${still} and drowning less than −1: a policy that learns to keep ` +
    'out of the water before one of its walks has found home gets no other reward, and learns nothing more.'
  );
}
