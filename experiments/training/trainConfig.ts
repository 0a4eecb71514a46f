import { z } from 'zod';
import type { EngineName } from '../../src/index.ts';
import { unwrapSchema } from '../../src/options/schemaField.ts';
import { policySchema } from '../../src/policies/registry.ts';
import { type CommonConfig, commonShape, engineSetting } from '../harness/experiment.ts';
import { trainableAgents } from './trainableAgents.ts';

/** What is trained: `studies` names the agent, `environments` the environment, each alone. */
export interface TrainConfig extends CommonConfig {
  readonly engine: EngineName | 'auto';
  /** Environment steps of a training, over its environments. */
  readonly steps: number;
  /** Parallel environments. */
  readonly envs: number;
  /** A user's own modules. */
  readonly load: readonly string[];
  readonly env: Readonly<Record<string, unknown>>;
  readonly agent: Readonly<Record<string, unknown>>;
  readonly policy: Readonly<Record<string, unknown>>;
  readonly logInterval: number;
  readonly checkpointInterval: number;
  readonly evaluationEpisodes: number;
}

const count = (usual: number) => z.int().positive().default(usual);

/** The settings that all trainings have. */
export const commonTrainShape = {
  engine: engineSetting('wasm'),
  steps: count(100_000).describe('environment steps of each training, over its environments'),
  envs: count(1).describe('parallel environments of each training'),
  load: z.array(z.string()).default([]).describe("a user's own modules; by --load"),
  env: z.record(z.string(), z.unknown()).default({}).describe('options of the environment, by name'),
  logInterval: z.int().nonnegative().default(1000).describe('environment steps between two rows of the logs, at least'),
  checkpointInterval: z
    .number()
    .nonnegative()
    .default(30)
    .describe('seconds between two checkpoints, at least; with 0 there is one at every row of the logs'),
  evaluationEpisodes: count(100).describe('episodes of each trained policy, with sampled and with greedy actions'),
};

/** The settings of a training, which depend on what is trained. */
export function trainSchema(choices: Pick<CommonConfig, 'studies' | 'policies' | 'environments'>) {
  const { settings, policy } = trainableAgents[choices.studies[0]!]!;
  return z.strictObject({
    ...commonShape(choices, { seeds: 1 }),
    ...commonTrainShape,
    agent: settings.prefault({}),
    policy: policySettings(choices.policies, policy).prefault({}),
  });
}

/**
 * The options of the policies, with the defaults that suit the agent. Of several policies, an option that only some have is for
 * those, and what is not given is each one's own default.
 */
function policySettings(policies: readonly string[], suited: Readonly<Record<string, unknown>>): z.ZodObject {
  const schemas = policies.map((policy) => policySchema(policy)!);
  const fields = schemas.flatMap(({ shape }) => Object.entries(shape) as [string, z.ZodType][]);
  const settings = fields.map(([name, field]) => {
    const inner = unwrapSchema(field);
    if (Object.hasOwn(suited, name)) return [name, withMeaning(inner.default(suited[name]), field)];
    return [name, schemas.length === 1 ? field : withMeaning(inner.optional(), field)];
  });
  return z.strictObject(Object.fromEntries(settings));
}

function withMeaning(schema: z.ZodType, { description }: z.ZodType): z.ZodType {
  return description === undefined ? schema : schema.describe(description);
}
