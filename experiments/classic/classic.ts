import { z } from 'zod';
import { selectBackend, selectEngine } from '../../src/index.ts';
import { type CommonConfig, commonShape, engineSetting, type Job } from '../harness/experiment.ts';
import { defineExperiment } from '../harness/registry.ts';
import { selectRuntime } from '../harness/selectRuntime.ts';
import { speedTable } from '../training/speedTable.ts';
import { trainJob } from '../training/trainJob.ts';
import { trainSettings } from '../training/trainSettings.ts';
import { type Cell, cells, choices, type PolicyName, type StudyName } from './cells.ts';
import { scoresReached, scoreTable, sections } from './scores.ts';

interface ClassicConfig extends CommonConfig {
  readonly engine: Parameters<typeof selectEngine>[0];
  readonly steps?: number | undefined;
  readonly evaluationEpisodes: number;
  readonly checkpointInterval: number;
}

interface ClassicJob extends Job {
  readonly cell: Cell;
}

/** Relative cost of an environment step: SAC and TD3 update with each. */
const STUDY_COST: Record<StudyName, number> = { ppo: 1, a2c: 1, sac: 40, td3: 25, dqn: 10, 'qr-dqn': 20 };
const POLICY_COST: Partial<Record<PolicyName, number>> = { mixture: 2, realnvp: 2, spline: 2 };

/** Whether the agents reach the scores of the field's libraries on classic control, with a flow as with a Gaussian. */
export const classic = defineExperiment<ClassicConfig, ClassicJob>({
  name: 'classic',
  headline: 'Do the agents reach the field’s scores on classic control?',
  description:
    'Agents on classic control, beside the scores that the field asks of them; a flow in the Gaussian’s place.',
  schema: z.strictObject({
    ...commonShape(choices, { seeds: 5 }),
    engine: engineSetting('wasm'),
    steps: z.int().positive().optional().meta({
      description: 'environment steps of each training; by default those of the score that is asked for',
      unit: 'steps',
    }),
    evaluationEpisodes: z
      .int()
      .positive()
      .default(100)
      .meta({ description: 'episodes of each trained policy, with sampled and with greedy actions', unit: 'episodes' }),
    checkpointInterval: z
      .number()
      .nonnegative()
      .default(30)
      .meta({ description: 'time between two checkpoints, at least', unit: 'seconds' }),
  }),
  choices,
  steps: Object.fromEntries(choices.studies.map((study) => [study, 'steps'])),
  presets: { quick: { environments: ['CartPole-v1', 'Pendulum-v1'], studies: ['ppo'] } },
  resumable: true,

  runtime: selectRuntime,

  jobs: (config) =>
    cells
      .filter(({ env, study }) => config.environments.includes(env) && config.studies.includes(study))
      .flatMap((cell) =>
        cell.policies
          .filter((policy) => config.policies.includes(policy))
          .flatMap((policy) =>
            config.seeds.map((seed) => ({
              id: `${cell.study}/${cell.env}/${policy}/seed-${seed}`,
              study: cell.study,
              env: cell.env,
              policy,
              seed,
              weight: (config.steps ?? cell.steps) * STUDY_COST[cell.study] * (POLICY_COST[policy] ?? 1),
              cell,
            })),
          ),
      ),

  async runJob(job, { engine, steps, evaluationEpisodes, checkpointInterval }, context) {
    await selectBackend();
    await selectEngine(engine);
    const settings = { steps: steps ?? job.cell.steps, evaluationEpisodes, checkpointInterval };
    return trainJob(job, trainSettings(job, settings), context);
  },

  tables: (summary, { steps }) => [scoreTable(summary, steps)],
  clocked: speedTable,
  answer: (summary) => scoresReached(summary),
  report: (outcomes, summary, config) => sections(outcomes, summary, config.policies),
});
