import { groupBy } from '../../cli/experiment/collections.ts';
import {
  defineExperiment,
  type Job,
  type Outcome,
  type Section,
  type SummaryRow,
  type Table,
} from '../../cli/experiment/experiment.ts';
import { selectRuntime } from '../../cli/experiment/selectRuntime.ts';
import { intervalChart, learningCurves } from '../../cli/report/charts.ts';
import { metricTable } from '../../cli/report/table.ts';
import { selectBackend, selectEngine } from '../../src/index.ts';
import {
  choices,
  questions,
  type StabilityConfig,
  type StabilityEnv,
  type StabilityPolicy,
  stabilitySchema,
} from './config.ts';
import { optimize } from './proximal.ts';
import { soften } from './softBandit.ts';
import { dropInCriteria, softCriteria } from './verdict.ts';

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
export const stability = defineExperiment<StabilityConfig, StabilityJob>({
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

  runtime: selectRuntime,

  jobs: (config) =>
    config.studies.flatMap((study) =>
      config.environments.flatMap((env) =>
        config.policies
          .filter((policy) => questions[study][env]?.includes(policy))
          .flatMap((policy) =>
            config.seeds.map((seed) => ({
              id: `${study}/${env}/${policy}/seed-${seed}`,
              study,
              env,
              policy,
              seed,
              weight: COST[policy] * (study === 'ppo' ? 3 : 1),
            })),
          ),
      ),
    ),

  async runJob(job, config, context) {
    await selectBackend();
    await selectEngine(config.engine);
    return job.study === 'ppo' ? optimize(job, config, context) : soften(job, config, context);
  },

  tables: (summary, config) => [...byEnv(summary, config).map(scores), verdicts(summary, config)],

  answer(summary, config) {
    const judged = groupBy(verdictsOf(summary, config), ({ policy }) => policy);
    const texts = [...judged].map(([policy, own]) => {
      const places = (verdict: string) => {
        const found = own.filter((each) => each.verdict === verdict).map(({ env }) => env);
        return found.length === 0 ? [] : [`${verdict} on ${found.join(', ')}`];
      };
      return `${policy} ${[...places('holds'), ...places('fails')].join(' and ')}`;
    });
    return texts.length === 0 ? undefined : { text: `In the Gaussian’s place: ${texts.join('; ')}.` };
  },

  report: (outcomes, summary, config) =>
    byEnv(summary, config).map((rows) => section(rows, outcomes as readonly Outcome<StabilityJob>[])),
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

/** Whether a policy takes the Gaussian's place in an environment, and by which figures. */
interface Verdict {
  readonly env: string;
  readonly policy: string;
  readonly verdict: 'holds' | 'fails';
  readonly figures: string;
}

function verdicts(summary: readonly SummaryRow[], config: StabilityConfig): Table {
  return {
    title: 'In the Gaussian’s place',
    columns: ['environment', 'policy', 'verdict', 'figures'],
    rows: verdictsOf(summary, config).map(({ env, policy, verdict, figures }) => [env, policy, verdict, figures]),
  };
}

function verdictsOf(summary: readonly SummaryRow[], config: StabilityConfig): Verdict[] {
  return byEnv(summary, config).flatMap((own) => {
    const { study, env } = own[0]!;
    const policies = [...new Set(own.map(({ policy }) => policy))].filter((policy) => policy !== 'gaussian');
    return policies.flatMap((policy) => {
      const criteria = study === 'ppo' ? dropInCriteria(own, policy) : softCriteria(own, policy);
      if (criteria === undefined) return [];
      const verdict = criteria.every(({ holds }) => holds) ? 'holds' : 'fails';
      const figures = criteria.map(({ text, holds }) => (holds ? text : `${text}: missed`)).join('; ');
      return [{ env, policy, verdict, figures } as const];
    });
  });
}

function section(rows: readonly SummaryRow[], outcomes: readonly Outcome<StabilityJob>[]): Section {
  const { study, env } = rows[0]!;
  const [metric, x] = study === 'ppo' ? ['return', 'return of an episode'] : ['kl', 'KL to the soft optimum, nats'];
  const curve = study === 'ppo' ? { field: 'return', x: 'environment steps', y: 'return of an episode' } : undefined;
  const own = outcomes.filter(({ job }) => job.study === study && job.env === env);
  const points = own.flatMap(({ job, rows: ofJob }) =>
    ofJob
      .filter((row) => typeof row.return === 'number')
      .map((row) => ({
        policy: job.policy,
        seed: job.seed,
        step: row.step as number,
        value: row.return as number,
      })),
  );
  return {
    title: study === 'ppo' ? `PPO, ${env}` : `The soft optimum, ${env}`,
    paragraphs: [
      study === 'ppo'
        ? 'Every policy class has the same settings, which are those of the Gaussian. A class that its updates move too far collapses in some seeds.'
        : 'The reward has two equal banks with water between them. The temperature is annealed; all variables learn at full speed.',
    ],
    figures: [
      {
        name: `${study}-${env}-${metric}`,
        caption: `${x}: interquartile mean, 95 % interval, a tick a seed.`,
        spec: intervalChart(
          rows.filter((row) => row.metric === metric),
          { x, policies: choices.policies },
        ),
      },
      ...(curve === undefined
        ? []
        : [
            {
              name: `${study}-${env}-training`,
              caption: 'Training: interquartile mean over the seeds, in a band of its 95 % interval.',
              spec: learningCurves(points, { x: curve.x, y: curve.y, policies: choices.policies }),
            },
          ]),
    ],
  };
}
