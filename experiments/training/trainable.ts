import { z } from 'zod';
import type { Agent } from '../../agents/index.ts';
import type { VectorEnv } from '../../envs/index.ts';
import type { Policy, Rng } from '../../src/index.ts';
import { unwrapSchema } from '../../src/options/schemaField.ts';
import { likewise } from '../../src/options/withDefaults.ts';
import { rateSchema } from '../../src/training/rate.ts';

/** What an agent is made of beside its settings. */
export interface AgentMakings {
  readonly policy: Policy;
  readonly env: VectorEnv;
  readonly rng: Rng;
}

/** An agent that `oxbow train` makes by its name. */
export interface TrainableAgent {
  /** One line. */
  readonly description: string;
  /** Its options as JSON values, but for what it is made of. */
  readonly settings: z.ZodObject;
  /** Options of policies that suit it, in place of the defaults of those that have them. */
  readonly policy: Readonly<Record<string, unknown>>;
  /** @throws one line, if the makings do not fit */
  make(makings: AgentMakings, settings: Readonly<Record<string, unknown>>): Agent;
}

/** A rate that is no function: those are no JSON. */
const jsonRate = z
  .custom(
    (value) => typeof value !== 'function' && rateSchema.safeParse(value).success,
    'a number ≥ 0, or {"linear": [first, last]}',
  )
  .meta({ type: 'number, or {"linear": [first, last]}' });

/**
 * @param Constructor takes the makings and the options in one object
 * @param options its schema
 */
export function trainable<Options>(
  Constructor: new (options: Options) => Agent,
  options: z.ZodObject,
  description: string,
  policy: TrainableAgent['policy'] = {},
): TrainableAgent {
  const { policy: _, env: __, rng: ___, ...shape } = options.shape;
  const fields = Object.entries(shape).map(([name, field]) => [name, isRate(field) ? asJson(field) : field]);
  return {
    description,
    settings: z.strictObject(Object.fromEntries(fields)),
    policy,
    make: (makings, settings) => new Constructor({ ...settings, ...makings } as Options),
  };
}

function isRate(field: z.ZodType): boolean {
  return unwrapSchema(field) === (rateSchema as z.ZodType);
}

function asJson(field: z.ZodType): z.ZodType {
  const { data: usual } = field.safeParse(undefined);
  // A schedule that is the agent's own default stays out of the JSON.
  const json = usual === undefined || typeof usual === 'function' ? jsonRate.optional() : jsonRate.default(usual);
  return likewise(json, field);
}
