import type { Answer, SummaryRow } from '../../cli/experiment/experiment.ts';
import { groupBy } from '../../cli/experiment/summarize.ts';
import { type DensityPolicyName, densityPolicyNames, policyCost } from '../../common/lake.ts';
import type { AnyLakeId } from '../../envs/index.ts';
import { gridJobs } from '../shared/study.ts';
import { describeArrivals } from './arrivals.ts';
import { lakeNames } from './conditions.ts';
import type { LakeJob, LakeStudy } from './study.ts';
import { PPO_LAKE, ppoSettings, robotLakes, stepSeconds, walkSeconds } from './tuned.ts';
import { walksFigures, walkTables } from './walkFigures.ts';
import { ppoJob } from './walkJobs.ts';

const METRIC = { name: 'homeRate', label: 'home', what: 'share of walks that get home', better: 'higher' } as const;

/** E0: PPO on the lake, whose optimum is deterministic. */
export const ppo: LakeStudy = {
  name: 'ppo',
  title: 'PPO from scratch',
  question: 'Does a policy with several modes get home more often than a Gaussian where everything is observed?',
  prediction:
    'No: the optimum is deterministic, so every policy that gets home commits to one bank, and all return the same.',

  jobs: (config) =>
    gridJobs<LakeJob>(config, {
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

  section: ({ outcomes, rows }) => ({
    paragraphs: [
      'The lake is fully observed, so a deterministic policy is among the best, and a Gaussian that moves its mean and shrinks its ' +
        'scale can be one. The mode entropy, that of the bank of walks home, is 0 nats where a policy has committed to one side, and ' +
        'ln 2 = 0.69 where it uses both alike.',
    ],
    figures: [...groupBy(outcomes, ({ job }) => job.env)].flatMap(([env, own]) =>
      walksFigures({
        name: `ppo-${env.replaceAll('/', '-')}`,
        outcomes: own,
        rows: rows.filter((row) => row.env === env),
        metric: METRIC,
      }),
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
