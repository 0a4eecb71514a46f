import type { LakeId } from '../../envs/index.ts';
import { selectBackend, selectEngine } from '../../src/index.ts';
import type { Job, Outcome, SummaryRow, Table } from '../harness/experiment.ts';
import { defineExperiment } from '../harness/registry.ts';
import { metricTable } from '../harness/report/table.ts';
import { selectRuntime } from '../harness/selectRuntime.ts';
import { clone } from './cloning.ts';
import { choices, cloningSettings, type LakeConfig, lakeSchema, PPO_ENV, ppoSettings } from './config.ts';
import type { PolicyName } from './lakePolicies.ts';
import { optimize } from './proximal.ts';
import { sections } from './sections.ts';
import { tuning } from './tuning.ts';

interface LakeJob extends Job {
  readonly study: (typeof choices.studies)[number];
  readonly env: LakeId;
  readonly policy: PolicyName;
}

/** Relative cost of an update of each policy. */
const POLICY_COST: Record<PolicyName, number> = {
  gaussian: 1,
  'gaussian-full': 1,
  'mixture-2': 1.1,
  mixture: 1.2,
  realnvp: 1.7,
  spline: 1.9,
};

/** A Gaussian policy beside a flow policy on the walk around the lake: E1 (cloning) and E0 (PPO). */
export const lake = defineExperiment<LakeConfig, LakeJob>({
  name: 'lake',
  description: 'Gaussian, mixture and flow policies on the walk around the lake.',
  schema: lakeSchema,
  choices,
  steps: { cloning: 'cloning.steps', ppo: 'ppo.steps' },
  presets: {
    // PPO finds home after 60,000 steps or more: fewer would show nothing, and these are not quick.
    quick: {
      seeds: [0, 1],
      studies: ['cloning'],
      policies: ['gaussian', 'mixture', 'realnvp', 'spline'],
      evaluationEpisodes: 500,
      cloning: { demonstrations: 1000, steps: 2000, batchSize: 256 },
    },
  },

  runtime: selectRuntime,

  jobs: (config) =>
    config.studies.flatMap((study) =>
      config.environments
        .filter((env) => study !== 'ppo' || env === PPO_ENV)
        .flatMap((env) =>
          config.policies.flatMap((policy) =>
            config.seeds.map((seed) => ({
              id: `${study}/${env}/${policy}/seed-${seed}`,
              study,
              env,
              policy,
              seed,
              weight: cost({ study, env, policy }, config),
            })),
          ),
        ),
    ),

  async runJob(job, config, context) {
    await selectBackend();
    await selectEngine(config.engine);
    return job.study === 'cloning' ? clone(job, config, context) : optimize(job, config, context);
  },

  tuning,

  tables,

  report: (outcomes, summary, config) => sections(outcomes as readonly Outcome<LakeJob>[], summary, config),
});

/** Relative cost of one job: that of its updates, which is about linear in their rows. */
function cost({ study, env, policy }: Pick<LakeJob, 'study' | 'env' | 'policy'>, config: LakeConfig): number {
  const cloning = study === 'cloning' ? cloningSettings(config, env, policy) : undefined;
  const rows = cloning
    ? cloning.steps * config.cloning.batchSize
    : config.ppo.steps * ppoSettings(config.tuned, policy).epochs;
  return POLICY_COST[policy] * rows;
}

function tables(summary: readonly SummaryRow[], config: LakeConfig): Table[] {
  const percent = { format: (value: number) => (100 * value).toFixed(1), unit: '%' };
  const columns = [
    { metric: 'drownRate', label: 'drowned', ...percent },
    { metric: 'homeRate', label: 'home', ...percent },
    { metric: 'return', label: 'return', format: (value: number) => value.toFixed(3) },
    { metric: 'modeBalance', label: 'less used bank', ...percent },
  ];
  return config.studies.flatMap((study) =>
    config.environments
      .map((env) => ({ env, rows: summary.filter((row) => row.study === study && row.env === env) }))
      .filter(({ rows }) => rows.length > 0)
      .map(({ env, rows }) => metricTable(`${study === 'ppo' ? 'PPO' : 'Cloning'}, ${env}`, rows, columns)),
  );
}
