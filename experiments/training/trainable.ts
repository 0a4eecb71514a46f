import { z } from 'zod';
import { rateSchema } from '../../agents/common/rate.ts';
import type { Agent } from '../../agents/index.ts';
import type { VectorEnv } from '../../envs/index.ts';
import { linearSchedule, type Policy, type Rng } from '../../src/index.ts';
import { unwrapSchema } from '../../src/options/schemaField.ts';

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

/** A schedule as JSON, for a setting that is a rate. */
const linear = z.strictObject({ linear: z.tuple([z.number().nonnegative(), z.number().nonnegative()]) });
const jsonRate = z.custom<number | z.output<typeof linear>>(
  (value) => rateSchema.safeParse(value).success || linear.safeParse(value).success,
  'a number ≥ 0, or {"linear": [first, last]}',
);

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
    make: (makings, settings) => {
      const given = Object.entries(settings).map(([name, value]) => {
        const { success, data } = linear.safeParse(value);
        return [name, success ? linearSchedule(...data.linear) : value];
      });
      return new Constructor({ ...Object.fromEntries(given), ...makings } as Options);
    },
  };
}

function isRate(field: z.ZodType): boolean {
  return unwrapSchema(field) === (rateSchema as z.ZodType);
}

function asJson(field: z.ZodType): z.ZodType {
  const { data: usual } = field.safeParse(undefined);
  // A schedule that is the agent's own default stays out of the JSON.
  return typeof usual === 'number' ? jsonRate.default(usual) : jsonRate.optional();
}
