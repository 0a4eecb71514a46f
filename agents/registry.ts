import { z } from 'zod';
import type { EpisodeSource } from '../datasets/episode.ts';
import type { AnyEnv, VectorEnv } from '../envs/index.ts';
import type { Policy, PolicyName, Rng } from '../src/index.ts';
import { unwrapSchema } from '../src/options/describe.ts';
import { likewise } from '../src/options/parse.ts';
import type { ActionKind } from '../src/policies/policyDefinition.ts';
import { rateSchema } from '../src/training/optimization.ts';
import { A2c, type A2cOptions, type A2cReport, a2cOptions } from './a2c.ts';
import type { Agent, TrainReport } from './agent.ts';
import {
  BehaviorCloning,
  type BehaviorCloningOptions,
  type BehaviorCloningReport,
  behaviorCloningOptions,
} from './behaviorCloning.ts';
import { CrossQ, type CrossQOptions, type CrossQReport, crossQOptions } from './crossQ.ts';
import {
  Dqn,
  type DqnOptions,
  type DqnReport,
  dqnOptions,
  QrDqn,
  type QrDqnOptions,
  type QrDqnReport,
  qrDqnOptions,
} from './dqn.ts';
import { Fpo, type FpoOptions, type FpoReport, fpoOptions } from './fpo.ts';
import { Fql, type FqlOptions, type FqlReport, fqlOptions } from './offline/fql.ts';
import { Iql, type IqlOptions, type IqlReport, iqlOptions } from './offline/iql.ts';
import { NfRlbc, type NfRlbcOptions, type NfRlbcReport, nfRlbcOptions } from './offline/nfRlbc.ts';
import { Td3Bc, type Td3BcOptions, type Td3BcReport, td3BcOptions } from './offline/td3Bc.ts';
import { Ppo, type PpoOptions, type PpoReport, ppoOptions } from './ppo.ts';
import { Reinforce, type ReinforceOptions, type ReinforceReport, reinforceOptions } from './reinforce.ts';
import { Sac, type SacOptions, type SacReport, sacOptions } from './sac.ts';
import {
  SoftQLearning,
  type SoftQLearningOptions,
  type SoftQLearningReport,
  softQLearningOptions,
} from './softQLearning.ts';
import { Td3, type Td3Options, type Td3Report, td3Options } from './td3.ts';
import { Tqc, type TqcOptions, type TqcReport, tqcOptions } from './tqc.ts';

/** What an agent is made of beside its settings. */
interface AgentMakings {
  readonly policy: Policy;
  /** Of an agent that learns from data, where it goes online, if it does. */
  readonly env?: VectorEnv | AnyEnv | undefined;
  /** The dataset, of an agent that learns from data. */
  readonly dataset?: EpisodeSource | undefined;
  readonly rng: Rng;
}

/** An agent that is made by its name, by `train` and by `oxbow train`. */
interface TrainableAgent<Report extends TrainReport = TrainReport> {
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
function trainable<Options, Report extends TrainReport>(
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

/** The options of each agent by its name, with all that it is made of. */
export interface AgentOptionsByName {
  readonly reinforce: ReinforceOptions;
  readonly a2c: A2cOptions;
  readonly ppo: PpoOptions;
  readonly fpo: FpoOptions;
  readonly sac: SacOptions;
  readonly tqc: TqcOptions;
  readonly crossq: CrossQOptions;
  readonly 'soft-q-learning': SoftQLearningOptions;
  readonly td3: Td3Options;
  readonly dqn: DqnOptions;
  readonly 'qr-dqn': QrDqnOptions;
  readonly 'behavior-cloning': BehaviorCloningOptions;
  readonly 'td3-bc': Td3BcOptions;
  readonly iql: IqlOptions;
  readonly 'nf-rlbc': NfRlbcOptions;
  readonly fql: FqlOptions;
}

/** The reports of each agent by its name. */
export interface AgentReportsByName {
  readonly reinforce: ReinforceReport;
  readonly a2c: A2cReport;
  readonly ppo: PpoReport;
  readonly fpo: FpoReport;
  readonly sac: SacReport;
  readonly tqc: TqcReport;
  readonly crossq: CrossQReport;
  readonly 'soft-q-learning': SoftQLearningReport;
  readonly td3: Td3Report;
  readonly dqn: DqnReport;
  readonly 'qr-dqn': QrDqnReport;
  readonly 'behavior-cloning': BehaviorCloningReport;
  readonly 'td3-bc': Td3BcReport;
  readonly iql: IqlReport;
  readonly 'nf-rlbc': NfRlbcReport;
  readonly fql: FqlReport;
}

/** The name of an agent, as `train` and `oxbow train` take it. */
export type AgentName = keyof AgentOptionsByName;

/** The name of an agent that learns from data. */
export type DataAgentName = 'behavior-cloning' | 'td3-bc' | 'iql' | 'nf-rlbc' | 'fql';

/** The name of an agent that learns from what it does in an environment. */
export type ActingAgentName = Exclude<AgentName, DataAgentName>;

/** The agents by their names. */
export const builtinAgents: { readonly [N in AgentName]: TrainableAgent<AgentReportsByName[N]> } = {
  reinforce: trainable(Reinforce, reinforceOptions, 'REINFORCE with a baseline (Williams, 1992)'),
  a2c: trainable(A2c, a2cOptions, 'advantage actor-critic (Mnih et al., 2016)'),
  ppo: trainable(Ppo, ppoOptions, 'proximal policy optimization (Schulman et al., 2017)'),
  fpo: trainable(Fpo, fpoOptions, 'flow matching policy gradients (McAllister et al., 2025)', {
    actions: 'box',
    usualPolicy: 'flow-matching',
  }),
  sac: trainable(Sac, sacOptions, 'soft actor-critic (Haarnoja et al., 2018)', {
    actions: 'box',
  }),
  tqc: trainable(Tqc, tqcOptions, 'truncated quantile critics (Kuznetsov et al., 2020)', {
    actions: 'box',
  }),
  crossq: trainable(CrossQ, crossQOptions, 'soft actor-critic without target networks (Bhatt et al., 2024)', {
    actions: 'box',
  }),
  'soft-q-learning': trainable(SoftQLearning, softQLearningOptions, 'soft Q-learning (Haarnoja et al., 2017)', {
    actions: 'box',
  }),
  td3: trainable(Td3, td3Options, 'twin delayed policy gradients (Fujimoto et al., 2018)', {
    actions: 'box',
  }),
  dqn: trainable(Dqn, dqnOptions, 'double deep Q-learning (van Hasselt et al., 2016)', {
    actions: 'discrete',
    usualPolicy: 'q-network',
  }),
  'qr-dqn': trainable(QrDqn, qrDqnOptions, 'quantile-regression deep Q-learning (Dabney et al., 2018)', {
    actions: 'discrete',
    usualPolicy: 'quantile-network',
  }),
  'behavior-cloning': trainable(
    BehaviorCloning,
    behaviorCloningOptions,
    'from data: maximum likelihood of its actions (Pomerleau, 1988)',
  ),
  'td3-bc': trainable(Td3Bc, td3BcOptions, "from data: TD3 that stays near the data's actions (Fujimoto & Gu, 2021)", {
    actions: 'box',
  }),
  iql: trainable(Iql, iqlOptions, 'from data: implicit Q-learning (Kostrikov et al., 2021)', {
    actions: 'box',
  }),
  'nf-rlbc': trainable(
    NfRlbc,
    nfRlbcOptions,
    'from data: most value and likelihood of the data by an exact flow (Ghugare & Eysenbach, 2025)',
    { actions: 'box', usualPolicy: 'spline' },
  ),
  fql: trainable(Fql, fqlOptions, 'from data: flow Q-learning (Park et al., 2025)', {
    actions: 'box',
    usualPolicy: 'implicit',
  }),
};

/** The names of the agents that learn from what they do in an environment. */
export const actingAgents = (Object.keys(builtinAgents) as AgentName[]).filter(
  (name): name is ActingAgentName => !builtinAgents[name].learnsFromData,
);

/** The agent of a name that may be any; undefined if there is none. */
export function agentNamed(name: string): TrainableAgent | undefined {
  return Object.hasOwn(builtinAgents, name) ? builtinAgents[name as AgentName] : undefined;
}
