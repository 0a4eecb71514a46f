import { z } from 'zod';
import type { EpisodeSource } from '../../datasets/episode.ts';
import type { AnyEnv, VectorEnv } from '../../envs/index.ts';
import type { Policy, PolicyName, Rng } from '../../src/index.ts';
import { unwrapSchema } from '../../src/options/schemaField.ts';
import { likewise } from '../../src/options/withDefaults.ts';
import type { ActionKind } from '../../src/policies/policyDefinition.ts';
import { rateSchema } from '../../src/training/rate.ts';
import type { Agent, TrainReport } from '../agent.ts';

/** What an agent is made of beside its settings. */
export interface AgentMakings {
  readonly policy: Policy;
  /** Of an agent that learns from data, where it goes online, if it does. */
  readonly env?: VectorEnv | AnyEnv | undefined;
  /** The dataset, of an agent that learns from data. */
  readonly dataset?: EpisodeSource | undefined;
  readonly rng: Rng;
}

/** An agent that is made by its name, by `train` and by `oxbow train`. */
export interface TrainableAgent<Report extends TrainReport = TrainReport> {
  /** One line. */
  readonly description: string;
  /** Its options, but for what it is made of. */
  readonly options: z.ZodObject;
  /** {@link options} as JSON values. */
  readonly settings: z.ZodObject;
  /** Which actions it needs, if not any. */
  readonly actions: ActionKind | undefined;
  /** Whether it learns from data, a dataset, and not from what it does in an environment. */
  readonly learnsFromData: boolean;
  /** The policy that it takes where none is named, if not the usual one for the actions. */
  readonly usualPolicy: PolicyName | undefined;
  /** @throws one line, if the makings do not fit */
  make(makings: AgentMakings, options: Readonly<Record<string, unknown>>): Agent<Report>;
}

/** What an agent is made of by its name: no options of its training. */
const MAKINGS = ['policy', 'env', 'dataset', 'rng', 'demonstrations', 'validation'];

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
export function trainable<Options, Report extends TrainReport>(
  Constructor: new (options: Options) => Agent<Report>,
  options: z.ZodObject,
  description: string,
  { actions, usualPolicy }: Partial<Pick<TrainableAgent, 'actions' | 'usualPolicy'>> = {},
): TrainableAgent<Report> {
  const shape = Object.fromEntries(Object.entries(options.shape).filter(([name]) => !MAKINGS.includes(name)));
  const fields = Object.entries(shape).map(([name, field]) => [name, asJson(field)]);
  return {
    description,
    options: z.strictObject(shape),
    settings: z.strictObject(Object.fromEntries(fields)),
    actions,
    learnsFromData: 'dataset' in options.shape,
    usualPolicy,
    make: (makings, own) => {
      const taken = Object.entries(makings).filter(([name]) => name in options.shape);
      return new Constructor({ ...own, ...Object.fromEntries(taken) } as Options);
    },
  };
}

/** A field of rates, or of rates among other things, without functions; any other as it is. */
function asJson(field: z.ZodType): z.ZodType {
  const bare = unwrapSchema(field);
  const json = withJsonRates(bare);
  if (json === bare) return field;
  const { data: usual } = field.safeParse(undefined);
  // A schedule that is the agent's own default stays out of the JSON.
  const isJson = usual !== undefined && typeof usual !== 'function';
  return likewise(isJson ? json.default(usual) : json.optional(), field);
}

function withJsonRates(schema: z.ZodType): z.ZodType {
  const isRate = (each: unknown) => each === rateSchema;
  if (isRate(schema)) return jsonRate;
  if (!(schema instanceof z.ZodUnion) || !schema.options.some(isRate)) return schema;
  return z.union(schema.options.map((each) => (isRate(each) ? jsonRate : (each as z.ZodType))));
}
