import { InputError } from '../../cli/experiment/errors.ts';
import type { Job } from '../../cli/experiment/experiment.ts';
import { selectRuntime } from '../../cli/experiment/selectRuntime.ts';
import { loadNamedEnv } from '../../cli/train/loadNamedEnv.ts';
import { loadEnv } from '../../envs/index.ts';
import { defineStudy, gridJobs } from '../shared/study.ts';
import { answerOf } from './answers.ts';
import {
  choices,
  conditionLabel,
  kindsOf,
  type MethodName,
  methodLabel,
  methodOf,
  type OfflineExperimentConfig,
  offlineSchema,
  recipeOf,
  type Study,
} from './config.ts';
import { learnFromData, learningSettings, missingData } from './learnFromData.ts';
import type { Kind } from './recipes.ts';
import { offlineSections, offlineTables } from './section.ts';

interface OfflineJob extends Job {
  readonly study: Study;
  readonly policy: MethodName;
  readonly condition: Kind;
}

/** E10: which policies and agents make the most of data that were made before? */
export const offline = defineStudy<OfflineExperimentConfig, OfflineJob>({
  name: 'offline',
  headline: 'Which policies and agents make the most of data that were made before?',
  description: 'Cloning and offline agents on benchmark data: one expert, two, good episodes among bad ones.',
  schema: offlineSchema,
  choices,
  steps: { cloning: 'steps', offline: 'steps' },
  presets: {
    quick: {
      seeds: [0, 1],
      environments: ['LakeStride-v0'],
      data: ['two-experts', 'uneven'],
      policies: ['gaussian', 'mixture', 'spline', 'flow-matching', 'iql-gaussian', 'iql-mixture', 'iql-spline', 'fql'],
    },
    full: { seeds: Array.from({ length: 20 }, (_, i) => 1200 + i) },
  },

  async runtime(config) {
    for (const env of config.environments) await loadNamedEnv('offline', env);
    for (const { env, condition } of jobsOf(config)) {
      const missing = missingData(recipeOf(env, condition)!, config.datasets);
      if (missing !== undefined) throw new InputError(missing);
    }
    return selectRuntime(config);
  },

  jobs: jobsOf,

  async runJob({ study, env, policy, condition }, config, context) {
    await loadEnv(env);
    return learnFromData({ study, policy, recipe: recipeOf(env, condition)! }, config, context);
  },

  conditionLabel,
  policyLabel: methodLabel,

  tables: (summary) => offlineTables(summary),

  conclusions(_outcomes, summary) {
    const answer = answerOf(summary);
    return { E10: { question, prediction, ...(answer && { answer }) } };
  },

  report: (outcomes, summary, config) => offlineSections(outcomes, summary, config),
});

function jobsOf(config: OfflineExperimentConfig): OfflineJob[] {
  return (config.studies as readonly Study[]).flatMap((study) =>
    config.environments.flatMap((env) =>
      gridJobs<OfflineJob>(config, {
        study,
        environments: [env],
        conditions: kindsOf[study].filter((kind) => config.data.includes(kind) && recipeOf(env, kind) !== undefined),
        policies: config.policies.filter((policy) => methodOf(study, policy) !== undefined),
        weight: (job) => seconds(job, config),
      }),
    ),
  );
}

/** The seconds that a job takes on a quiet core, but for the data, which the first job of a process makes. */
function seconds(job: { study: Study; env: string; policy: MethodName }, config: OfflineExperimentConfig): number {
  const { cost } = methodOf(job.study, job.policy)!;
  const updates = (learningSettings(config, job).steps * config.batchSize) / 128;
  return 1.5 + cost * 0.5e-3 * updates;
}

const question =
  'Which policies and agents make the most of data that were made before: where one expert acts, where two disagree, where good episodes stand among bad ones?';

/**
 * Fixed on 2026-11-27, and not changed since; the bounds of "equivalent", "as good as" and "best" on 2026-11-28, and that "any flow" is each of the
 * study and not those of IQL alone on 2026-11-29. All of it is older than any run of this experiment, and younger than trials of a prototype,
 * which had the same agents on the same tasks.
 */
const prediction =
  'One expert: all classes are equivalent. Two experts: the sampled Gaussian loses ≥ 15 % to the spline; exact flow and flow matching are equivalent ' +
  'within 5 %. Offline, on mixed data and on uneven banks: IQL’s greedy Gaussian is as good as any flow; FQL is best on mixed data. (Normalized scores: ' +
  '0 is random, 100 % the expert; equivalent and as good as: within 5 %)';
