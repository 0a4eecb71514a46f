import {
  type AnyExperiment,
  type CommonConfig,
  defineExperiment,
  type Experiment,
  type Figure,
  type Job,
  type SummaryRow,
} from '../../cli/experiment/experiment.ts';
import { selectRuntime } from '../../cli/experiment/selectRuntime.ts';
import { intervalChart } from '../../cli/report/charts.ts';
import type { selectEngine } from '../../src/index.ts';

interface StudyConfig extends CommonConfig {
  readonly engine: Parameters<typeof selectEngine>[0];
}

/** A study of this repository: its jobs run on the engine of its settings. */
export function defineStudy<C extends StudyConfig, J extends Job>(
  study: Omit<Experiment<C, J>, 'runtime'> & Partial<Pick<Experiment<C, J>, 'runtime'>>,
): AnyExperiment {
  return defineExperiment<C, J>({
    runtime: selectRuntime,
    ...study,
    async runJob(job, config, context) {
      await selectRuntime(config);
      return study.runJob(job, config, context);
    },
  });
}

/** What {@link gridJobs} combines. */
interface GridOptions<J extends Job> {
  readonly study: J['study'];
  /** Those that the config leaves out have no jobs; all of the config unless given. */
  readonly environments?: readonly string[];
  readonly policies?: readonly string[];
  readonly seeds?: readonly number[];
  /** Keys of settings that differ within an environment, `tau-0.15` say; by default there are none. */
  readonly conditions?: readonly string[];
  /** The folder of a policy's jobs: by default study, environment, condition and policy. */
  folder?(job: Omit<J, 'id' | 'weight'>): string;
  /** Relative cost of a job. */
  weight(job: Omit<J, 'id' | 'weight'>): number;
}

/** A job for each environment, condition, policy and seed. */
export function gridJobs<J extends Job>(config: CommonConfig, options: GridOptions<J>): J[] {
  const { study, weight, conditions = [undefined], seeds = config.seeds } = options;
  const of = (all: readonly string[] | undefined, chosen: readonly string[]) =>
    all?.filter((name) => chosen.includes(name)) ?? chosen;
  return of(options.environments, config.environments).flatMap((env) =>
    conditions.flatMap((condition) =>
      of(options.policies, config.policies).flatMap((policy) =>
        seeds.map((seed) => {
          const job = { study, env, ...(condition !== undefined && { condition }), policy, seed };
          const own = job as unknown as Omit<J, 'id' | 'weight'>;
          const path = [study, env, condition, policy].filter((part) => part !== undefined).join('/');
          return { id: `${options.folder?.(own) ?? path}/seed-${seed}`, ...job, weight: weight(own) } as unknown as J;
        }),
      ),
    ),
  );
}

/** A chart of rows of one metric with what it shows. @param what is before the colon of its caption */
export function seedsFigure(
  name: string,
  what: string,
  rows: readonly SummaryRow[],
  options: Parameters<typeof intervalChart>[1],
): Figure {
  const caption = `${what}: interquartile mean, 95 % interval, a tick a seed.`;
  return { name, caption, spec: intervalChart(rows, options) };
}
