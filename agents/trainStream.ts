import { z } from 'zod';
import type { EpisodeSource } from '../datasets/episode.ts';
import { openDataset } from '../datasets/openDataset.ts';
import { type AnyEnv, loadEnv, type VectorEnv } from '../envs/index.ts';
import {
  type ActedAction,
  type ActionOf,
  type Policy,
  type PolicyName,
  type PolicyOptions,
  Rng,
  type UsualAction,
} from '../src/index.ts';
import { parseOptions } from '../src/options/parseOptions.ts';
import { withDefaults } from '../src/options/withDefaults.ts';
import { policySchema } from '../src/policies/registry.ts';
import type { Agent } from './agent.ts';
import {
  type AgentName,
  type AgentOptionsByName,
  type AgentReportsByName,
  agentNamed,
  builtinAgents,
} from './builtinAgents.ts';
import { checkEvaluationOptions, type EvaluationOptions, evaluationOptions } from './common/evaluationOptions.ts';
import { type AgentPlan, type AgentWithPolicy, makeAgent } from './common/makeAgent.ts';
import { datasetOption } from './common/offlineOptions.ts';
import { type EnvRequest, envRequestShape, openEnvs } from './common/openEnvs.ts';
import { partSchemas } from './common/partSchemas.ts';
import { type EpisodeFigures, RecentEpisodes } from './common/recentEpisodes.ts';
import { spacesOf } from './common/spacesOf.ts';
import { trainingDefaults } from './common/trainingDefaults.ts';
import { trainingReports } from './common/trainingReports.ts';
import { usualPolicy } from './common/usualPolicy.ts';
import { EvaluatedAgent, type EvaluatedReport, type TrainingEvaluation } from './evaluatedAgent.ts';

/** A policy, the name of one, or none, for that which one takes without more ado. */
export type AnyPolicy = PolicyName | Policy | (string & {}) | undefined;
/** Refuses a name that is written out and is none of oxbow's. */
type KnownPolicy<P> = P extends PolicyName | Policy | undefined
  ? unknown
  : string extends P
    ? unknown
    : { readonly expected: PolicyName };
/** Where no policy is said, the options of any of oxbow's; a policy that there is has its own. */
type OptionsOf<P> = P extends PolicyName
  ? PolicyOptions<P>
  : P extends string
    ? Readonly<Record<string, unknown>>
    : P extends Policy
      ? never
      : PolicyOptions;
/** What the trained policy's `act` gives. */
export type TrainedAction<P> = P extends Policy<infer Action> ? Action : P extends string ? ActionOf<P> : UsualAction;

/** What {@link trainStream} trains, and how. */
export interface TrainSettings<
  N extends AgentName = AgentName,
  P extends AnyPolicy = string,
  Id extends string = string,
> extends EnvRequest<Id> {
  /** The name of the agent. */
  readonly agent: N;
  /**
   * A policy, or the name of one: by default that which the agent needs, as `'q-network'` of `dqn` or `'spline'` of `nf-rlbc`, else
   * `'gaussian'`, for discrete actions `'categorical'` or `'multi-categorical'`. A name that is not oxbow's, which `registerPolicy` knows, is
   * a `string` to the compiler: `'laplace' as string`.
   */
  readonly policy?: (P & KnownPolicy<P>) | undefined;
  /**
   * Episodes, or the path of a dataset, for an agent that learns from data. The environment gives it the spaces, evaluates its policy, and is
   * where it goes online, if it does.
   */
  readonly dataset?: EpisodeSource | string | undefined;
  /** Environment steps, over all environments, or updates on data: by default the preset's, or 100,000. */
  readonly steps?: number | undefined;
  /** Names all streams of randomness: 0 by default. The same seed gives the same training. */
  readonly seed?: number | string | undefined;
  /** Options of the agent: by default the preset's, or the agent's own. */
  readonly agentOptions?: Omit<AgentOptionsByName[N], 'policy' | 'env' | 'dataset' | 'rng'> | undefined;
  /** Options of a policy that is named: by default the preset's, what suits the agent, or the policy's own. */
  readonly policyOptions?: OptionsOf<P> | undefined;
  /**
   * Environment steps between two evaluations of the policy, at least; none by default. They have environments and streams of their own:
   * the training stays the same to the byte. A report at which there was one has an `evaluation`.
   */
  readonly evaluateEvery?: number | undefined;
  /** Episodes of each evaluation, 20 by default. */
  readonly evaluateEpisodes?: number | undefined;
  /** Whether evaluations take greedy actions; sampled ones by default. */
  readonly evaluateGreedy?: boolean | undefined;
  /** Which policy there is in the end: the last one, by default, or that of the evaluation with the highest mean return. */
  readonly keep?: 'last' | 'best' | undefined;
  /** Ends the training at an evaluation with at least this mean return. */
  readonly stopAtReturn?: number | undefined;
  /** Ends the training after the next report: the policy keeps what it has learned until then. */
  readonly signal?: AbortSignal | undefined;
}

/** What came of a training. */
export interface TrainResult<Action extends ActedAction = UsualAction> extends EpisodeFigures {
  /**
   * What was trained, for its caller to dispose. With `bestOf` of `Iql` it is a policy around that which was trained, with critics: it is
   * disposed in the place of it.
   */
  readonly policy: Policy<Action>;
  /** The id of the environment, if it was named. */
  readonly env: string | undefined;
  /** Environment steps, over all environments. */
  readonly steps: number;
  readonly updates: number;
  /** False where the signal ended the training. */
  readonly finished: boolean;
  /** The evaluation with the highest mean return, where there were some. */
  readonly best: Pick<TrainingEvaluation, 'step' | 'return'> | undefined;
}

const record = z.record(z.string(), z.unknown());
const settingsSchema = z.strictObject({
  ...envRequestShape,
  ...evaluationOptions,
  agent: z.enum(Object.keys(builtinAgents)),
  agentOptions: record.optional(),
  dataset: z.union([z.string(), datasetOption], 'the path of a dataset, or episodes').optional(),
  policy: z.union([z.string(), partSchemas.policy], 'the name of a policy, or a Policy').optional(),
  policyOptions: record.optional(),
  steps: z.int().positive().optional(),
  seed: z.union([z.number(), z.string()], 'a number or a text').optional(),
  signal: z.custom((signal) => typeof (signal as AbortSignal)?.aborted === 'boolean', 'an AbortSignal').optional(),
});

/**
 * {@link train} as a stream of the agent's reports, for whoever wants to loop over them; what it returns is the result. Leaving the loop
 * ends the training, and frees the policy unless it was given.
 *
 * @example
 * for await (const { step, approxKl } of trainStream({ env: 'Pendulum-v1', agent: 'ppo', policy })) console.log(step, approxKl);
 * @throws as {@link train}
 */
export async function* trainStream<
  const N extends AgentName,
  const P extends AnyPolicy = undefined,
  Id extends string = string,
>(
  settings: TrainSettings<N, P, Id>,
): AsyncGenerator<AgentReportsByName[N] & EvaluatedReport, TrainResult<TrainedAction<P>>, undefined> {
  const checked = parseOptions('train', settingsSchema, settings) as AnySettings;
  checkEvaluations(checked);
  const { agent: name, env: source, seed = 0, signal } = checked;
  const id = typeof source === 'string' ? source : undefined;
  const defaults = trainingDefaults(name, id, []);
  const { steps = defaults.steps } = checked;
  const parts: { dispose(): void }[] = [];
  try {
    if (id !== undefined) await loadEnv(id);
    const { env, close } = openEnvs('train', checked, defaults.envs);
    parts.push({ dispose: close });
    const rng = new Rng(seed);
    const dataset = typeof checked.dataset === 'string' ? await openDataset(checked.dataset) : checked.dataset;
    const made = makeAgent('train: agent', { ...withOptions(checked, env), env, dataset, rng });
    const { policy } = made;
    const evaluated = checked.evaluateEvery > 0 ? evaluatedAgent(made, checked) : undefined;
    const agent: Agent<EvaluatedReport> = evaluated ?? made.agent;
    parts.push(agent);
    const own = { dispose: () => disposeBut(policy, checked.policy) };
    parts.push(own);
    const recent = new RecentEpisodes();
    const reached = { steps: 0, updates: 0 };
    let stops = false;
    for await (const report of trainingReports({ agent, steps, rng, signal })) {
      recent.add(report.episodes);
      Object.assign(reached, { steps: report.step, updates: report.updates });
      stops = report.evaluation?.stops ?? false;
      yield report as AgentReportsByName[N] & EvaluatedReport;
    }
    parts.splice(parts.indexOf(own), 1);
    const { best } = evaluated ?? {};
    const finished = stops || reached.steps >= steps;
    return {
      policy: policy as Policy<TrainedAction<P>>,
      env: id,
      ...reached,
      ...recent.figures(),
      finished,
      best: best && { step: best.step, return: best.return },
    };
  } finally {
    for (const part of parts.reverse()) part.dispose();
  }
}

/** Frees a policy, but for what belongs to one that was given. */
function disposeBut(policy: Policy, given: string | Policy | undefined): void {
  const kept = new Set(typeof given === 'object' ? given.variables() : []);
  for (const variable of policy.variables()) if (!kept.has(variable)) variable.dispose();
}

/** Settings that are checked, whichever agent's. */
type AnySettings = Omit<
  TrainSettings<AgentName, string | Policy>,
  'agentOptions' | 'policyOptions' | keyof EvaluationOptions
> &
  EvaluationOptions & {
    readonly agentOptions?: Readonly<Record<string, unknown>>;
    readonly policyOptions?: Readonly<Record<string, unknown>>;
  };

/** @throws if evaluations are asked for that cannot be, or something that only they tell */
function checkEvaluations({ env, ...options }: AnySettings): void {
  try {
    checkEvaluationOptions(options);
  } catch (error) {
    throw new Error(`train: ${(error as Error).message}`);
  }
  if (options.evaluateEvery > 0 && typeof env === 'object') {
    throw new Error(
      'train: evaluateEvery: evaluations open environments of their own, expected env to be an id or a function that makes one, got one that there is',
    );
  }
}

function evaluatedAgent(made: AgentWithPolicy, settings: AnySettings): EvaluatedAgent {
  const { env, envOptions, evaluateEvery, evaluateEpisodes, evaluateGreedy, keep, stopAtReturn } = settings;
  return new EvaluatedAgent({
    ...made,
    env,
    envOptions,
    ...{ evaluateEvery, evaluateEpisodes, evaluateGreedy, keep, stopAtReturn },
  });
}

/** Agent and policy with their options: what is given, and for the rest the defaults. */
function withOptions(
  { agent, policy: given, env: source, agentOptions = {}, policyOptions }: AnySettings,
  env: VectorEnv | AnyEnv,
): Omit<AgentPlan, 'env' | 'dataset' | 'rng'> {
  const { actionSpace } = spacesOf(env);
  const policy = given ?? usualPolicy(agent, actionSpace);
  const defaults = trainingDefaults(agent, typeof source === 'string' ? source : undefined, [policy], actionSpace);
  if (typeof policy !== 'string' && policyOptions !== undefined) {
    throw new Error('train: policyOptions: these are for a policy that is named, got a Policy that there is');
  }
  // A name that is unknown, makePolicy refuses.
  const schema = typeof policy === 'string' ? policySchema(policy) : undefined;
  return {
    agent,
    policy,
    envName: typeof source === 'string' ? source : 'the environment',
    agentOptions: parseOptions(
      'train: agentOptions',
      withDefaults(agentNamed(agent)!.options, defaults.agent),
      agentOptions,
    ),
    policyOptions:
      schema === undefined
        ? {}
        : parseOptions('train: policyOptions', withDefaults(schema, defaults.policy), policyOptions ?? {}),
  };
}
