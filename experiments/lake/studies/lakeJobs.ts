import type { LakeConfig } from '../config.ts';
import type { LakeJob } from './lakeStudy.ts';
import type { StudyName } from './studyCodes.ts';

/** What {@link lakeJobs} combines. */
export interface LakeJobsOptions {
  readonly study: StudyName;
  /** Those that the config leaves out have no jobs. */
  readonly environments: readonly string[];
  readonly policies: readonly string[];
  /** By default one, which has no name: settings that differ within an environment, `τ = 0.15` say, and the name of their folder. */
  readonly conditions?: readonly { readonly condition: string; readonly folder: string }[];
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
      own.flatMap((part) =>
        policies
          .filter((policy) => (config.policies as readonly string[]).includes(policy))
          .flatMap((policy) =>
            config.seeds.map((seed) => {
              const folders = [study, env, ...(part === undefined ? [] : [part.folder]), policy, `seed-${seed}`];
              const job = {
                id: folders.join('/'),
                study,
                env,
                ...(part !== undefined && { condition: part.condition }),
                policy,
                seed,
              };
              return { ...job, weight: weight(job) };
            }),
          ),
      ),
    );
}
