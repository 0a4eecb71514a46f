import { z } from 'zod';
import { Rng } from '../../src/random.ts';
import { groupBy, mapValues } from '../experiment/collections.ts';
import { parseConfig } from '../experiment/config.ts';
import { InputError } from '../experiment/errors.ts';
import {
  type AnyExperiment,
  type CommonConfig,
  commonShape,
  defineExperiment,
  type Experiment,
  type Job,
  type SummaryRow,
} from '../experiment/experiment.ts';
import {
  latinHypercube,
  type Objective,
  type Settings,
  searchedConditions,
  type Tuned,
} from '../experiment/searchSpace.ts';
import {
  bestSettings,
  type Trial,
  type Trials,
  type TrialsFile,
  type TuningConfig,
  trialTables,
  tuningSection,
} from './trials.ts';

/** What the name of the search for an experiment's settings ends in. */
export const TUNING_SUFFIX = '-tuning';

/** The first seed of tuning: far from those of a run, so that no policy is judged on the seeds that it was chosen by. */
const FIRST_SEED = 1000;

interface TuningJob extends Job {
  /** The job of the experiment that is done with the settings of this trial. */
  readonly of: Job;
  readonly trial: number;
}

/**
 * The search for the settings of an experiment's policies, as an experiment of its own: for each study, environment and policy
 * the same number of trials, drawn from the policy's search space, and one with the settings that the experiment uses at present, so
 * that a search never makes it worse; each is done once for each of the tuning's seeds. The best by
 * the study's objective is chosen. Beside the usual files the run directory gets `tuned.json`, the best settings as a config file of
 * the experiment, and `trials.json`, the search spaces and all trials.
 */
export function tuningExperiment(experiment: AnyExperiment): AnyExperiment {
  const { tuning } = experiment;
  if (tuning === undefined) throw new InputError(`experiment: ${experiment.name} has no settings to tune`);
  const { objectives, spaces } = tuning;
  const present = (experiment.schema.parse({}) as unknown as { tuned: Tuned }).tuned;
  const choices = { ...experiment.choices, studies: Object.keys(objectives) };
  const { quick } = experiment.presets;
  // A run may ask what has no settings of its own.
  const studies = (quick.studies ?? choices.studies).filter((study) => choices.studies.includes(study));
  const { tuned: _, ...shape } = experiment.schema.shape;
  const schema = z.strictObject({
    ...shape,
    ...commonShape(choices, { seeds: 2, first: FIRST_SEED }),
    trials: z.int().positive().max(10_000).default(16).describe('settings drawn for each policy'),
  }) as unknown as Experiment<TuningConfig>['schema'];

  /** Whether a job has settings of its own: under other conditions it has those that were found under this one. */
  const isSearched = ({ study, env, policy, condition }: Job) =>
    searchedConditions(tuning, study).includes(condition) && present[study]?.[env]?.[policy] !== undefined;

  const settingsOf = ({ study, env, policy }: Where, trials: number): Settings[] => [
    ...latinHypercube(spaces[study]![policy]!, trials, new Rng('tuning').split(study)),
    present[study]![env]![policy]!,
  ];

  /**
   * The config of the experiment in which every policy has the settings of its trial number `trial`.
   * @throws InputError if the experiment does not take them together
   */
  const configOf = ({ trials, ...config }: TuningConfig, trial: number): CommonConfig => {
    const tuned = mapValues(present, (environments, study) =>
      mapValues(environments, (policies, env) =>
        mapValues(policies, (settings, policy) =>
          config.policies.includes(policy) ? settingsOf({ study, env, policy }, trials)[trial]! : settings,
        ),
      ),
    );
    return parseConfig(experiment, { ...config, tuned });
  };

  const trialsOf = (summary: readonly SummaryRow[], { trials }: TuningConfig): Trials =>
    mapGroups(summary, 'study', (ofStudy, study) =>
      mapGroups(ofStudy, 'env', (ofEnvironment, env) =>
        mapGroups(
          [...groupBy(ofEnvironment, ({ policy }) => policy)].map(([name, rows]) => {
            const [policy, number] = name.split(' #') as [string, string];
            const settings = settingsOf({ study, env, policy }, trials)[Number(number) - 1]!;
            return { policy, trial: { settings, ...scored(rows, objectives[study]!) } };
          }),
          'policy',
          (own) => own.map(({ trial }): Trial => trial),
        ),
      ),
    );

  const trialsFile = (summary: readonly SummaryRow[], config: TuningConfig): TrialsFile => ({
    config,
    spaces,
    trials: trialsOf(summary, config),
  });

  /** A policy, or one of its trials: `spline #3`. */
  const policyLabel = (name: string): string =>
    name.replace(/^[^ ]+/, (policy) => experiment.policyLabel?.(policy) ?? policy);

  return defineExperiment<TuningConfig, TuningJob>({
    name: `${experiment.name}${TUNING_SUFFIX}`,
    command: `oxbow tune ${experiment.name}`,
    description: `The search for the settings of the policies of ${experiment.name}.`,
    schema,
    choices,
    steps: experiment.steps,
    presets: { quick: { ...quick, studies, seeds: [FIRST_SEED], trials: 4 } },
    runtime: (config) => experiment.runtime(configOf(config, 0)),
    ...(experiment.conditionLabel && { conditionLabel: experiment.conditionLabel }),
    policyLabel,

    jobs: (config) =>
      Array.from({ length: config.trials + 1 }, (_, trial) =>
        experiment
          .jobs(configOf(config, trial))
          .filter(isSearched)
          .map((of) => ({
            ...of,
            id: `${of.id}/trial-${trial + 1}`,
            policy: `${of.policy} #${trial + 1}`,
            of,
            trial,
          })),
      ).flat(),

    async runJob({ of, trial }, config, context) {
      const { metric, otherwise } = objectives[of.study]!;
      try {
        const { metrics } = await experiment.runJob(of, configOf(config, trial), context);
        const judged = otherwise !== undefined && otherwise.metric in metrics ? otherwise.metric : metric;
        return { metrics: { [judged]: metrics[judged] ?? null } };
      } catch (error) {
        // Settings under which training diverges are a finding, not a failure.
        if (!(error instanceof Error) || error.name !== 'DivergedError') throw error;
        const none = { [metric]: null, ...(otherwise !== undefined && { [otherwise.metric]: null }) };
        return { metrics: none, data: { diverged: error.message } };
      }
    },

    tables: (summary, config) => trialTables(trialsOf(summary, config), tuning, policyLabel),

    // The tables head the report.
    report: (_outcomes, summary, config) => [
      { ...tuningSection(trialsFile(summary, config), { ...experiment, tuning }), tables: [] },
    ],

    files(summary, config) {
      const file = trialsFile(summary, config);
      return { 'tuned.json': { tuned: bestSettings(file.trials, objectives) }, 'trials.json': file };
    },

    usedBy: (file) => (file === 'tuned.json' ? ['run', experiment.name] : undefined),
  });
}

type Where = Pick<Job, 'study' | 'env' | 'policy'>;

/**
 * The scores of a trial.
 * @param rows its rows, one for each condition under which it is searched, and for each metric that any policy is judged by there
 */
function scored(rows: readonly SummaryRow[], { metric: usual, otherwise }: Objective): Pick<Trial, 'scores' | 'by'> {
  const has = (name: string | undefined) =>
    rows.some(({ metric, perSeed }) => metric === name && perSeed.some((score) => score !== null));
  const by = otherwise !== undefined && has(otherwise.metric) ? otherwise.metric : undefined;
  const scores = rows.filter(({ metric }) => metric === (by ?? usual)).flatMap(({ perSeed }) => perSeed);
  return { scores, ...(by !== undefined && { by }) };
}

/** Groups rows by a field, in the order in which its values appear. */
function mapGroups<R extends { readonly [key in K]: string }, K extends string, U>(
  rows: readonly R[],
  key: K,
  map: (rows: R[], value: string) => U,
): Record<string, U> {
  const groups = groupBy(rows, (row) => row[key]);
  return Object.fromEntries([...groups].map(([value, own]) => [value, map(own, value)]));
}
