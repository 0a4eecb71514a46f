import type { LakeId } from '../../envs/index.ts';
import { selectBackend, selectEngine } from '../../src/index.ts';
import type { Job, Outcome, SummaryRow, Table } from '../harness/experiment.ts';
import { InputError } from '../harness/inputError.ts';
import { defineExperiment } from '../harness/registry.ts';
import { metricTable } from '../harness/report/table.ts';
import { clone } from './cloning.ts';
import { choices, type LakeConfig, lakeSchema } from './config.ts';
import type { PolicyName } from './lakePolicies.ts';
import { optimize } from './proximal.ts';
import { sections } from './sections.ts';

interface LakeJob extends Job {
  readonly study: (typeof choices.studies)[number];
  readonly env: LakeId;
  readonly policy: PolicyName;
}

/** Relative cost of training each policy, of one update. */
const POLICY_COST: Record<PolicyName, number> = {
  gaussian: 1,
  'gaussian-full': 1,
  mixture: 1.2,
  realnvp: 2,
  spline: 4,
};

/** A Gaussian policy beside a flow policy on the walk around the lake: E1 (cloning) and E0 (PPO). */
export const lake = defineExperiment<LakeConfig, LakeJob>({
  name: 'lake',
  description: 'Gaussian, mixture and flow policies on the walk around the lake.',
  schema: lakeSchema,
  choices,
  steps: ['cloning.steps', 'ppo.steps'],
  presets: {
    quick: {
      seeds: [0, 1],
      evaluationEpisodes: 500,
      cloning: { demonstrations: 1000, steps: 2000, batchSize: 256, learningRate: 5e-3 },
      ppo: { steps: 32_768, envs: 8, horizon: 256, epochs: 10, batchSize: 256, learningRate: 1e-3 },
    },
  },

  async runtime() {
    try {
      const backend = await selectBackend();
      const engine = await selectEngine();
      return { engine: engine.name, backend: backend.name, lines: [engine.line, backend.line] };
    } catch (error) {
      throw new InputError((error as Error).message);
    }
  },

  jobs: (config) =>
    config.studies.flatMap((study) =>
      config.environments
        // PPO's question, whether a policy commits to one bank, is asked on the fine lake.
        .filter((env) => study !== 'ppo' || env === 'Lake-v0')
        .flatMap((env) =>
          config.policies.flatMap((policy) =>
            config.seeds.map((seed) => ({
              id: `${study}/${env}/${policy}/seed-${seed}`,
              study,
              env,
              policy,
              seed,
              weight: POLICY_COST[policy] * updates(study, config),
            })),
          ),
        ),
    ),

  async runJob(job, config, context) {
    await selectBackend();
    await selectEngine();
    return job.study === 'cloning' ? clone(job, config, context) : optimize(job, config, context);
  },

  tables,

  report: (outcomes, summary, config) => sections(outcomes as readonly Outcome<LakeJob>[], summary, config),
});

/** Updates of one job, counted in minibatches of 64. */
function updates(study: LakeJob['study'], { cloning, ppo }: LakeConfig): number {
  return study === 'cloning' ? (cloning.steps * cloning.batchSize) / 64 : (ppo.steps * ppo.epochs) / 64;
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
