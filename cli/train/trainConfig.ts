import { z } from 'zod';
import { type EvaluationOptions, evaluationOptions } from '../../agents/core/evaluate.ts';
import { agentNamed } from '../../agents/registry.ts';
import { trainingDefaults } from '../../agents/train.ts';
import type { Space } from '../../envs/index.ts';
import type { EngineName } from '../../src/index.ts';
import { unwrapSchema } from '../../src/options/describe.ts';
import { count, nonnegative } from '../../src/options/fields.ts';
import { likewise, withDefault, withDefaults } from '../../src/options/parse.ts';
import { policySchema } from '../../src/policies/registry.ts';
import { type CommonConfig, commonShape, engineSetting, type Job } from '../experiment/experiment.ts';

/** What is trained: `studies` names the agent, `environments` the environment, each alone. */
export interface TrainConfig extends CommonConfig, EvaluationOptions {
  readonly engine: EngineName;
  /** Environment steps of a training, over its environments; updates on data of an agent that learns from them. */
  readonly steps: number;
  /** Parallel environments. */
  readonly envs: number;
  /** A user's own modules. */
  readonly load: readonly string[];
  /** The path of a dataset, for an agent that learns from data. */
  readonly dataset?: string | undefined;
  /** The hash of what it holds. */
  readonly datasetHash?: string | undefined;
  readonly env: Readonly<Record<string, unknown>>;
  readonly agent: Readonly<Record<string, unknown>>;
  readonly policy: Readonly<Record<string, unknown>>;
  readonly logInterval: number;
  readonly checkpointInterval: number;
  readonly evaluationEpisodes: number;
  /** Policies of its course that a training leaves; undefined for none. */
  readonly snapshots?: number | undefined;
}

/** The settings that all trainings have. */
export const commonTrainShape = {
  engine: engineSetting('auto'),
  steps: count(
    100_000,
    'environment steps of each training, over its environments; updates on data of an agent that learns from them',
    'steps',
  ),
  envs: z
    .int()
    .positive()
    .max(10_000)
    .default(1)
    .meta({ description: 'parallel environments of each training', unit: 'environments' }),
  load: z
    .array(z.string())
    .default([])
    .describe("a user's own modules, by their paths; the command line must name each of them by --load"),
  dataset: z.string().optional().describe('the path of a dataset, for an agent that learns from data'),
  datasetHash: z
    .string()
    .optional()
    .describe('the hash of what the dataset holds: another one is refused; `--dataset` sets it'),
  env: z.record(z.string(), z.unknown()).default({}).describe('options of the environment, by name'),
  logInterval: z
    .int()
    .nonnegative()
    .default(1000)
    .meta({ description: 'environment steps between two rows of the logs, at least', unit: 'steps' }),
  checkpointInterval: nonnegative(
    30,
    'time between two checkpoints, at least; with 0 there is one at every row of the logs',
    'seconds',
  ),
  evaluationEpisodes: count(100, 'episodes of each trained policy, with sampled and with greedy actions', 'episodes'),
  snapshots: z.int().positive().max(10_000).optional().meta({
    description:
      'policies that a training leaves of its course, one behind each of so many equal parts; by default none',
    unit: 'policies',
  }),
  ...evaluationOptions,
};

/** What is trained: the settings that say which others there are. */
export interface TrainChoice extends Pick<CommonConfig, 'studies' | 'policies' | 'environments'> {
  /** The environment's actions, by which defaults are chosen. Stored settings are whole: who reads them need not know it. */
  readonly actionSpace?: Space | undefined;
}

/** The settings of a training, which depend on what is trained. Defaults are the preset's, then those that suit the agent. */
export function trainSchema(choices: TrainChoice) {
  const [agent, env] = [choices.studies[0]!, choices.environments[0]!];
  const defaults = trainingDefaults(agent, env, choices.policies, choices.actionSpace);
  const { steps, envs } = commonTrainShape;
  return z.strictObject({
    ...commonShape(choices, { seeds: 1 }),
    ...commonTrainShape,
    steps: withDefault(steps, defaults.steps),
    envs: withDefault(envs, defaults.envs),
    agent: withDefaults(agentNamed(agent)!.settings, defaults.agent).prefault({}),
    policy: policySettings(choices.policies, defaults.policy).prefault({}),
  });
}

/** The options of the policies: of several, one that only some have is for those. Of one that is not registered nothing is known. */
function policySettings(policies: readonly string[], usual: Readonly<Record<string, unknown>>): z.ZodObject {
  const schemas = policies.map((policy) => policySchema(policy));
  if (!schemas.every((schema) => schema !== undefined)) return z.looseObject({});
  if (schemas.length === 1) return withDefaults(schemas[0]!, usual);
  const fields = schemas.flatMap(({ shape }) => Object.entries(shape) as [string, z.ZodType][]);
  const optional = fields.map(([name, field]) => [name, likewise(unwrapSchema(field).optional(), field)]);
  return withDefaults(z.strictObject(Object.fromEntries(optional)), usual);
}

/**
 * The settings of one training, for an experiment that trains as `oxbow train` does: presets, and what is given.
 * @throws if a setting is unknown or out of range
 */
export function trainSettings(
  { study, env, policy }: Pick<Job, 'study' | 'env' | 'policy'>,
  given: Readonly<Record<string, unknown>>,
): TrainConfig {
  const schema = trainSchema({ studies: [study], policies: [policy], environments: [env] });
  return schema.parse(given) as unknown as TrainConfig;
}
