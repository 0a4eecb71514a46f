import { z } from 'zod';
import {
  type AnyExperiment,
  type CommonConfig,
  type Conclusion,
  commonShape,
  defineExperiment,
  engineSetting,
  type Job,
  type SummaryRow,
} from '../../../cli/experiment/experiment.ts';
import { selectRuntime } from '../../../cli/experiment/selectRuntime.ts';
import { loadNamedEnv } from '../../../cli/train/loadNamedEnv.ts';
import { trainJob } from '../../../cli/train/runTraining.ts';
import { trainSettings } from '../../../cli/train/trainConfig.ts';
import { speedTable } from '../../../cli/train/trainSections.ts';
import { loadEnv } from '../../../envs/index.ts';
import { selectBackend, selectEngine } from '../../../src/index.ts';
import type { Cell } from './cell.ts';
import { scoreSections, scoresReached, scoreTable } from './scores.ts';

/** What an experiment of {@link scoredTrainings} says of itself. */
export interface ScoredTrainings<S extends string, P extends string, E extends string> {
  readonly name: string;
  readonly headline: string;
  /** One line. */
  readonly description: string;
  readonly cells: readonly Cell<E, S, P>[];
  /** The names in the cells, in the order of tables and colours. */
  readonly choices: {
    readonly studies: readonly S[];
    readonly policies: readonly P[];
    readonly environments: readonly E[];
    /** Those of the environments that are run only where they are named. */
    readonly byName?: readonly E[];
  };
  /** How many seeds a run has, and which is the first. */
  readonly seeds: { readonly seeds: number; readonly first?: number };
  /** The smallest run that still shows the point. */
  readonly quick: { readonly environments: readonly E[]; readonly studies: readonly S[]; readonly steps?: number };
  /** What was asked and predicted, by the code of each question, with what came of it, where something was. */
  conclusions?(summary: readonly SummaryRow[]): Readonly<Record<string, Conclusion>>;
}

interface ScoredConfig extends CommonConfig {
  readonly engine: Parameters<typeof selectEngine>[0];
  readonly steps?: number | undefined;
  readonly evaluationEpisodes: number;
  readonly checkpointInterval: number;
}

interface ScoredJob extends Job {
  readonly cell: Cell;
}

/** Relative cost of an environment step: what learns from a replay updates with each. */
const STUDY_COST: Readonly<Record<string, number>> = { sac: 40, td3: 25, dqn: 10, 'qr-dqn': 20 };
const POLICY_COST: Readonly<Record<string, number>> = { mixture: 2, realnvp: 2, spline: 2 };

/** An experiment of trainings by the presets of `oxbow train`, with the scores that are asked of them. */
export function scoredTrainings<S extends string, P extends string, E extends string>({
  cells,
  choices,
  seeds,
  quick,
  conclusions,
  ...words
}: ScoredTrainings<S, P, E>): AnyExperiment {
  return defineExperiment<ScoredConfig, ScoredJob>({
    ...words,
    schema: z.strictObject({
      ...commonShape(choices, seeds),
      engine: engineSetting('wasm'),
      steps: z.int().positive().optional().meta({
        description: 'environment steps of each training; by default those of the score that is asked for',
        unit: 'steps',
      }),
      evaluationEpisodes: z.int().positive().default(100).meta({
        description: 'episodes of each trained policy, with sampled and with greedy actions',
        unit: 'episodes',
      }),
      checkpointInterval: z
        .number()
        .nonnegative()
        .default(30)
        .meta({ description: 'time between two checkpoints, at least', unit: 'seconds' }),
    }),
    choices,
    steps: Object.fromEntries(choices.studies.map((study) => [study, 'steps'])),
    presets: { quick },
    resumable: true,

    async runtime(config) {
      for (const env of config.environments) await loadNamedEnv(words.name, env);
      return selectRuntime(config);
    },

    jobs: (config) =>
      cells
        .filter(({ env, study }) => config.environments.includes(env) && config.studies.includes(study))
        .flatMap((cell) =>
          cell.policies
            .filter((policy) => config.policies.includes(policy))
            .flatMap((policy) =>
              config.seeds.slice(0, cell.seeds).map((seed) => ({
                id: `${cell.study}/${cell.env}/${policy}/seed-${seed}`,
                study: cell.study,
                env: cell.env,
                policy,
                seed,
                weight: (config.steps ?? cell.steps) * (STUDY_COST[cell.study] ?? 1) * (POLICY_COST[policy] ?? 1),
                cell,
              })),
            ),
        ),

    async runJob(job, { engine, steps, evaluationEpisodes, checkpointInterval }, context) {
      await selectBackend();
      await selectEngine(engine);
      await loadEnv(job.env);
      const settings = { steps: steps ?? job.cell.steps, evaluationEpisodes, checkpointInterval };
      return trainJob(job, trainSettings(job, settings), context);
    },

    tables: (summary, { steps }) => [scoreTable(cells, summary, steps)],
    clocked: speedTable,
    answer: (summary) => scoresReached(cells, summary),
    report: (outcomes, summary, { policies, steps }) => [
      // Conclusions take the place of the tables on the first page.
      ...(conclusions && steps === undefined ? [{ title: 'Scores', tables: [scoreTable(cells, summary, steps)] }] : []),
      ...scoreSections(cells, outcomes, summary, { policies, steps }),
    ],
    // A prediction is of trainings of a length.
    ...(conclusions && {
      conclusions: (_outcomes, summary, { steps }) => (steps === undefined ? conclusions(summary) : {}),
    }),
  });
}
