import type { LakeConfig } from '../config.ts';
import type { LakeJob } from './lakeStudy.ts';
import type { StudyName } from './studyCodes.ts';

/** What {@link lakeJobs} combines. */
export interface LakeJobsOptions {
  readonly study: StudyName;
  /** Those that the config leaves out have no jobs. */
  readonly environments: readonly string[];
  readonly policies: readonly string[];
  /** Keys of settings that differ within an environment, `tau-0.15` say; by default there are none. */
  readonly conditions?: readonly string[];
  /** Seconds that a job takes. */
  readonly weight: (job: Omit<LakeJob, 'weight'>) => number;
}

/** The jobs of a study: each environment, condition and policy with each seed of the config. */
export function lakeJobs(
  config: LakeConfig,
  { study, environments, policies, conditions = [], weight }: LakeJobsOptions,
): LakeJob[] {
  const own = conditions.length === 0 ? [undefined] : conditions;
  return environments
    .filter((env) => (config.environments as readonly string[]).includes(env))
    .flatMap((env) =>
      own.flatMap((condition) =>
        policies
          .filter((policy) => (config.policies as readonly string[]).includes(policy))
          .flatMap((policy) =>
            config.seeds.map((seed) => {
              const folders = [study, env, ...(condition === undefined ? [] : [condition]), policy, `seed-${seed}`];
              const job = {
                id: folders.join('/'),
                study,
                env,
                ...(condition !== undefined && { condition }),
                policy,
                seed,
              };
              return { ...job, weight: weight(job) };
            }),
          ),
      ),
    );
}
