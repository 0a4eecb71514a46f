import { z } from 'zod';
import type { EpisodeSource } from '../datasets/episode.ts';
import type { AnyEnv, VectorEnv } from '../envs/index.ts';
import type { Policy, PolicyName, Rng } from '../src/index.ts';
import { unwrapSchema } from '../src/options/describe.ts';
import { likewise } from '../src/options/parse.ts';
import type { ActionKind } from '../src/policies/policyDefinition.ts';
import { rateSchema } from '../src/training/optimization.ts';
import { A2c, a2cOptions } from './a2c.ts';
import type { Agent, TrainReport } from './agent.ts';
import { BehaviorCloning, behaviorCloningOptions } from './behaviorCloning.ts';
import { CrossQ, crossQOptions } from './crossQ.ts';
import { Dqn, dqnOptions, QrDqn, qrDqnOptions } from './dqn.ts';
import { Dsrl, dsrlOptions } from './dsrl.ts';
import { Fpo, fpoOptions } from './fpo.ts';
import { Meow, meowOptions } from './meow.ts';
import { Fql, fqlOptions } from './offline/fql.ts';
import { Gcivl, gcivlOptions } from './offline/gcivl.ts';
import { Iql, iqlOptions } from './offline/iql.ts';
import { NfRlbc, nfRlbcOptions } from './offline/nfRlbc.ts';
import { Td3Bc, td3BcOptions } from './offline/td3Bc.ts';
import { Ppo, ppoOptions } from './ppo.ts';
import { ReinFlow, reinFlowOptions } from './reinFlow.ts';
import { Reinforce, reinforceOptions } from './reinforce.ts';
import { Sac, sacOptions } from './sac.ts';
import { SoftQLearning, softQLearningOptions } from './softQLearning.ts';
import { Td3, td3Options } from './td3.ts';
import { Tqc, tqcOptions } from './tqc.ts';

/** What an agent is made of, beside its settings. */
interface AgentInputs {
  readonly policy: Policy;
  /** Of an agent that learns from data, where it goes online, if it does. */
  readonly env?: VectorEnv | AnyEnv | undefined;
  /** The dataset, of an agent that learns from data. */
  readonly dataset?: EpisodeSource | undefined;
  readonly rng: Rng;
}

/** An agent that `train` and `oxbow train` know by its name. */
interface NamedAgent<Options = never, Report extends TrainReport = TrainReport> {
  readonly Class: new (options: Options) => Agent<Report>;
  /** One line. */
  readonly description: string;
  /** Its options, but for {@link AgentInputs}. */
  readonly options: z.ZodObject;
  /** {@link options} as JSON values. */
  readonly settings: z.ZodObject;
  /** Which actions it needs, if not any. */
  readonly actions: ActionKind | undefined;
  /** Whether it learns from a dataset, and not from what it does in an environment. */
  readonly learnsFromData: boolean;
  /** The policy that it takes where none is named, if not the usual one for the actions. */
  readonly usualPolicy: PolicyName | undefined;
  /** @throws one line, if policy, environment, data and options do not fit together */
  make(inputs: AgentInputs, options: Readonly<Record<string, unknown>>): Agent<Report>;
}

/** Options that are no settings of a training. */
const INPUTS = ['policy', 'env', 'dataset', 'rng', 'demonstrations', 'validation'];

/** A rate that is no function: those are no JSON. */
const jsonRate = z
  .custom(
    (value) => typeof value !== 'function' && rateSchema.safeParse(value).success,
    'a number ≥ 0, or {"linear": [first, last]}',
  )
  .meta({ type: 'number, or {"linear": [first, last]}' });

/**
 * @param Class takes the inputs and the options in one object
 * @param schema of these
 */
function defineAgent<Options, Report extends TrainReport>(
  Class: new (options: Options) => Agent<Report>,
  schema: z.ZodObject,
  description: string,
  { actions, usualPolicy }: Partial<Pick<NamedAgent, 'actions' | 'usualPolicy'>> = {},
): NamedAgent<Options, Report> {
  const shape = Object.fromEntries(Object.entries(schema.shape).filter(([name]) => !INPUTS.includes(name)));
  const fields = Object.entries(shape).map(([name, field]) => [name, asJson(field)]);
  return {
    Class,
    description,
    options: z.strictObject(shape),
    settings: z.strictObject(Object.fromEntries(fields)),
    actions,
    learnsFromData: 'dataset' in schema.shape,
    usualPolicy,
    make(inputs, options) {
      const known = Object.entries(inputs).filter(([name]) => name in schema.shape);
      return new Class({ ...options, ...Object.fromEntries(known) } as Options);
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

/** The agents by their names. */
export const builtinAgents = {
  reinforce: defineAgent(Reinforce, reinforceOptions, 'REINFORCE with a baseline (Williams, 1992)'),
  a2c: defineAgent(A2c, a2cOptions, 'advantage actor-critic (Mnih et al., 2016)'),
  ppo: defineAgent(Ppo, ppoOptions, 'proximal policy optimization (Schulman et al., 2017)'),
  fpo: defineAgent(Fpo, fpoOptions, 'flow matching policy gradients (McAllister et al., 2025)', {
    actions: 'box',
    usualPolicy: 'flow-matching',
  }),
  reinflow: defineAgent(ReinFlow, reinFlowOptions, 'flow matching with noise in its steps (Zhang et al., 2025)', {
    actions: 'box',
    usualPolicy: 'flow-matching',
  }),
  sac: defineAgent(Sac, sacOptions, 'soft actor-critic (Haarnoja et al., 2018)', {
    actions: 'box',
  }),
  tqc: defineAgent(Tqc, tqcOptions, 'truncated quantile critics (Kuznetsov et al., 2020)', {
    actions: 'box',
  }),
  crossq: defineAgent(CrossQ, crossQOptions, 'soft actor-critic without target networks (Bhatt et al., 2024)', {
    actions: 'box',
  }),
  'soft-q-learning': defineAgent(SoftQLearning, softQLearningOptions, 'soft Q-learning (Haarnoja et al., 2017)', {
    actions: 'box',
  }),
  meow: defineAgent(Meow, meowOptions, 'one flow as policy, soft Q-function and value: MEow (Chao et al., 2024)', {
    actions: 'box',
    usualPolicy: 'nice',
  }),
  dsrl: defineAgent(Dsrl, dsrlOptions, 'chooses the noise of a frozen policy: DSRL (Wagenmaker et al., 2025)', {
    actions: 'box',
    usualPolicy: 'flow-matching',
  }),
  td3: defineAgent(Td3, td3Options, 'twin delayed policy gradients (Fujimoto et al., 2018)', {
    actions: 'box',
  }),
  dqn: defineAgent(Dqn, dqnOptions, 'double deep Q-learning (van Hasselt et al., 2016)', {
    actions: 'discrete',
    usualPolicy: 'q-network',
  }),
  'qr-dqn': defineAgent(QrDqn, qrDqnOptions, 'quantile-regression deep Q-learning (Dabney et al., 2018)', {
    actions: 'discrete',
    usualPolicy: 'quantile-network',
  }),
  'behavior-cloning': defineAgent(
    BehaviorCloning,
    behaviorCloningOptions,
    'from data: maximum likelihood of its actions (Pomerleau, 1988)',
  ),
  'td3-bc': defineAgent(
    Td3Bc,
    td3BcOptions,
    "from data: TD3 that stays near the data's actions (Fujimoto & Gu, 2021)",
    {
      actions: 'box',
    },
  ),
  iql: defineAgent(Iql, iqlOptions, 'from data: implicit Q-learning (Kostrikov et al., 2021)', {
    actions: 'box',
  }),
  gcivl: defineAgent(Gcivl, gcivlOptions, 'from data: ways to goals, by implicit values (Park et al., 2025)', {
    actions: 'box',
  }),
  'nf-rlbc': defineAgent(
    NfRlbc,
    nfRlbcOptions,
    'from data: most value and likelihood of the data by an exact flow (Ghugare & Eysenbach, 2025)',
    { actions: 'box', usualPolicy: 'spline' },
  ),
  fql: defineAgent(Fql, fqlOptions, 'from data: flow Q-learning (Park et al., 2025)', {
    actions: 'box',
    usualPolicy: 'implicit',
  }),
};

type BuiltinAgents = typeof builtinAgents;

/** The name of an agent, as `train` and `oxbow train` take it. */
export type AgentName = keyof BuiltinAgents;

/** The options of each agent by its name, with policy, environment and data. */
export type AgentOptionsByName = {
  readonly [N in AgentName]: ConstructorParameters<BuiltinAgents[N]['Class']>[0];
};

/** The reports of each agent by its name. */
export type AgentReportsByName = {
  readonly [N in AgentName]: BuiltinAgents[N] extends NamedAgent<never, infer Report> ? Report : never;
};

/** The name of an agent that learns from what it does in an environment. */
export type ActingAgentName = {
  [N in AgentName]: 'dataset' extends keyof AgentOptionsByName[N] ? never : N;
}[AgentName];

/** The names of the agents that learn from what they do in an environment. */
export const actingAgents = (Object.keys(builtinAgents) as AgentName[]).filter(
  (name): name is ActingAgentName => !builtinAgents[name].learnsFromData,
);

/** The agent of a name that may be any; undefined if there is none. */
export function agentNamed(name: string): NamedAgent | undefined {
  return Object.hasOwn(builtinAgents, name) ? builtinAgents[name as AgentName] : undefined;
}
