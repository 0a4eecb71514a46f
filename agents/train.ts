import { z } from 'zod';
import { openDataset } from '../datasets/datasetFiles.ts';
import type { EpisodeSource } from '../datasets/episode.ts';
import {
  type AnyEnv,
  Box,
  Discrete,
  loadEnv,
  MultiBinary,
  MultiDiscrete,
  type Space,
  type VectorEnv,
} from '../envs/index.ts';
import {
  type ActedAction,
  type ActionOf,
  makePolicy,
  type Policy,
  type PolicyName,
  type PolicyOptions,
  Rng,
  type UsualAction,
} from '../src/index.ts';
import { checkArgument, parseOptions, withDefaults } from '../src/options/parse.ts';
import { builtinPolicies, policyOptionsFor } from '../src/policies/builtinPolicies.ts';
import { policySchema, suitedOptions } from '../src/policies/registry.ts';
import { Turns } from '../src/turns.ts';
import type { Agent, EpisodeReport } from './agent.ts';
import { type EnvRequest, envRequestShape, openEnvs, spacesOf } from './core/envs.ts';
import { episodeStatistics } from './core/episodeStatistics.ts';
import {
  checkEvaluationOptions,
  EvaluatedAgent,
  type EvaluatedReport,
  type EvaluationOptions,
  evaluationOptions,
  type TrainingEvaluation,
} from './core/evaluate.ts';
import { datasetOption } from './core/offline.ts';
import { partSchemas } from './core/options.ts';
import { type Preset, presets } from './presets.ts';
import {
  type AgentName,
  type AgentOptionsByName,
  type AgentReportsByName,
  agentNamed,
  builtinAgents,
} from './registry.ts';

/**
 * Trains an agent, by its name, on environments that are named or given. Whatever is left out is what `oxbow train` takes: the preset of
 * the agent on that environment, else what suits the agent, else the defaults. The same settings and the same seed give the same policy
 * as `oxbow train --seeds seed`.
 *
 * The tfjs backend and the engine are those that were selected; see `selectEngine`. What it makes it frees, but for the policy.
 *
 * @example
 * const { policy, meanReturn } = await train({ env: 'Pendulum-v1', agent: 'ppo', policy: 'spline', steps: 100_000, seed: 0 });
 * policy.act([1, 0, 0]);
 * @throws one line, if a name is unknown, an option does not fit, or agent, policy and environment do not fit together; a `DivergedError`
 *   if a loss is no number
 */
export async function train<
  const N extends AgentName,
  const P extends AnyPolicy = undefined,
  Id extends string = string,
>(
  options: TrainSettings<N, P, Id> & {
    /** Is told each report of the agent; the training waits for what it returns. What it throws ends the training. */
    readonly onReport?: ((report: AgentReportsByName[N] & EvaluatedReport) => unknown) | undefined;
    /**
     * Whether each report is printed as a line: the step, the mean return of the episodes that have ended since the one before, and how long
     * the rest takes at the pace since the first report.
     */
    readonly verbose?: boolean | undefined;
  },
): Promise<TrainResult<TrainedAction<P>>> {
  checkArgument('train', 'settings', options, Object);
  const { onReport, verbose = false, ...settings } = options;
  checkArgument('train', 'onReport', onReport, [Function, undefined]);
  checkArgument('train', 'verbose', verbose, Boolean);
  const reports = trainStream<N, P, Id>(settings as unknown as TrainSettings<N, P, Id>);
  let first: { readonly step: number; readonly time: number } | undefined;
  try {
    for (;;) {
      const { done, value } = await reports.next();
      if (done) return value;
      first ??= { step: value.step, time: performance.now() };
      if (verbose) console.log(lineOf(value, stepsOf(settings), first));
      await onReport?.(value);
    }
  } finally {
    await reports.return(undefined as never);
  }
}

/** `step 8192 of 100000: return -1203.4, the mean of 20 episodes; 12 s left`. */
function lineOf(
  { step, episodes, evaluation }: EvaluatedReport,
  steps: number,
  first: { readonly step: number; readonly time: number },
): string {
  const { return: mean } = episodeStatistics(episodes);
  const returned =
    mean === null ? 'no episode has ended' : `return ${mean.toFixed(1)}, the mean of ${episodes.length} episodes`;
  const evaluated = evaluation === undefined ? '' : `; evaluation ${evaluation.return.toFixed(1)}`;
  const seconds = ((performance.now() - first.time) / 1000 / (step - first.step)) * (steps - step);
  const rest = seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
  const left = step < steps && Number.isFinite(seconds) ? `; ${rest} left` : '';
  return `step ${step} of ${steps}: ${returned}${evaluated}${left}`;
}

/** Steps of a training: those that its settings say, or the preset. */
function stepsOf({ agent, env, steps }: Pick<TrainSettings, 'agent' | 'env' | 'steps'>): number {
  return steps ?? trainingDefaults(agent, typeof env === 'string' ? env : undefined, []).steps;
}

/** What a training is made of. The options fit their schemas. */
interface TrainingPlan<Env extends VectorEnv | AnyEnv = VectorEnv | AnyEnv> {
  /** The name of an agent. */
  readonly agent: string;
  /** The name of a policy, or a policy. */
  readonly policy: string | Policy;
  /** Where the agent acts; open. */
  readonly env: Env;
  /** What an agent learns from that learns from data. */
  readonly dataset?: EpisodeSource | undefined;
  /** Which environments these are, as errors say it. */
  readonly envName: string;
  readonly agentOptions: Readonly<Record<string, unknown>>;
  /** Options of a policy that is named; what it does not have is left out. */
  readonly policyOptions: Readonly<Record<string, unknown>>;
  /** How the policy is evaluated during the training, and in which environments. */
  readonly evaluations: EvaluationOptions & EnvRequest;
  /**
   * Its stream `policy` gives the initial weights of the policy, `agent` those of the agent's own networks, `training` all randomness of the
   * training.
   */
  readonly rng: Rng;
  /** Closes the environments, if they were opened for this training. */
  close?(): void;
}

/** One training, from names and options to its reports: what `train` and `oxbow train` run. */
export class TrainingSession<Env extends VectorEnv | AnyEnv = VectorEnv | AnyEnv> {
  readonly env: Env;
  /** The policy that is trained, or the one that acts in its place. */
  readonly policy: Policy;
  /** The agent; {@link evaluated}, where the policy is evaluated during the training. */
  readonly agent: Agent<EvaluatedReport>;
  readonly evaluated: EvaluatedAgent | undefined;
  readonly #plan: TrainingPlan<Env>;

  /**
   * @param label whose argument the agent's name is, for errors: `--agent`
   * @throws one line, if something does not fit; then nothing is left to free but the environments
   */
  constructor(label: string, plan: TrainingPlan<Env>) {
    const { env, envOptions, evaluateEvery, evaluateEpisodes, evaluateGreedy, keep, stopAtReturn } = plan.evaluations;
    const evaluations = { evaluateEvery, evaluateEpisodes, evaluateGreedy, keep, stopAtReturn };
    checkEvaluationOptions(evaluations);
    const { agent, policy } = makeAgent(label, plan);
    this.#plan = plan;
    this.env = plan.env;
    this.policy = policy;
    this.evaluated =
      evaluateEvery === 0 ? undefined : new EvaluatedAgent({ agent, policy, env, envOptions, ...evaluations });
    this.agent = this.evaluated ?? agent;
  }

  /**
   * The reports of the training, from its beginning or from the state that the agent was set to. Between two of them whatever else waits
   * in the program has its turn.
   * @param steps how long, as `Agent.train` counts
   * @param signal ends the training after the next report
   */
  async *reports(steps: number, signal?: AbortSignal): AsyncGenerator<EvaluatedReport, void, undefined> {
    if (signal?.aborted) return;
    const turns = new Turns();
    for await (const report of this.agent.train({ steps, rng: this.#plan.rng.split('training') })) {
      yield report;
      await turns.next();
      if (signal?.aborted) return;
    }
  }

  /**
   * Frees the agent, closes the environments, and frees the policy, but for what belongs to one that was given.
   * @param keepPolicy whether the policy is the caller's from now on
   */
  dispose(keepPolicy = false): void {
    this.agent.dispose();
    if (!keepPolicy) this.#disposePolicy();
    this.#plan.close?.();
  }

  #disposePolicy(): void {
    const { policy: given } = this.#plan;
    if (typeof given === 'string') {
      this.policy.dispose();
      return;
    }
    const kept = new Set(given.variables());
    for (const variable of this.policy.variables()) if (!kept.has(variable)) variable.dispose();
  }
}

/** An agent by its name, with the policy that acts. @throws as {@link TrainingSession} does */
function makeAgent(label: string, plan: TrainingPlan): { agent: Agent; policy: Policy } {
  const { agent: name, dataset, agentOptions, rng } = plan;
  checkActions(label, plan);
  checkDataset(label, plan);
  const { make, learnsFromData } = agentNamed(name)!;
  const isOnline = !learnsFromData || Number(agentOptions.onlineSteps ?? 0) > 0;
  const policy = typeof plan.policy === 'string' ? namedPolicy(plan.policy, plan) : plan.policy;
  try {
    const env = isOnline ? plan.env : undefined;
    const agent = make({ policy, env, dataset, rng: rng.split('agent') }, agentOptions);
    return { agent, policy: agent.actingPolicy ?? policy };
  } catch (error) {
    if (policy !== plan.policy) policy.dispose();
    throw error;
  }
}

/** @throws if the agent cannot learn such actions, which its policy would say less plainly */
function checkActions(label: string, { agent, env, envName }: TrainingPlan): void {
  const { actions } = agentNamed(agent)!;
  const { actionSpace } = spacesOf(env);
  if (actions === undefined) return;
  if (actions === 'discrete' ? actionSpace instanceof Discrete : actionSpace instanceof Box) return;
  const needed = actions === 'discrete' ? 'discrete' : 'continuous';
  throw new Error(`${label}: got ${agent}, which needs ${needed} actions; those of ${envName} are ${actionSpace}`);
}

/** @throws if an agent that learns from data has none, or another has some */
function checkDataset(label: string, { agent, dataset }: TrainingPlan): void {
  const { learnsFromData } = agentNamed(agent)!;
  if (learnsFromData === (dataset !== undefined)) return;
  throw new Error(
    learnsFromData
      ? `${label}: got ${agent}, which learns from data: expected a dataset beside it`
      : `${label}: got ${agent} beside a dataset, expected an agent that learns from data`,
  );
}

function namedPolicy(name: string, { env, policyOptions, rng }: TrainingPlan): Policy {
  const known = Object.keys(policySchema(name)?.shape ?? {});
  const own = Object.fromEntries(Object.entries(policyOptions).filter(([key]) => known.includes(key)));
  const isOpen = known.includes('actionMask') && own.actionMask === undefined;
  const masked = isOpen && givesMasks(env) && { actionMask: true };
  return makePolicy(name, { ...own, ...masked, ...spacesOf(env), rng: rng.split('policy') });
}

/** Whether the environment says which actions it allows, as its first info shows: a policy that can then takes those alone. */
function givesMasks(env: VectorEnv | AnyEnv): boolean {
  const info = 'numEnvs' in env ? env.reset({ seed: 0 })[1][0] : env.reset({ seed: 0 })[1];
  return (info?.actionMask ?? info?.action_mask) != null;
}

/** A preset, whichever agent's it is. */
type AnyPreset = Preset<Readonly<Record<string, unknown>>>;

/** The preset with what a policy has of its own in it. @param policy its name; another policy, or several, have the common settings */
export function presetFor(env: string, agent: string, policy?: string): Omit<AnyPreset, 'byPolicy'> | undefined {
  const all: Readonly<Record<string, Readonly<Record<string, AnyPreset>>>> = presets;
  if (!Object.hasOwn(all, env) || !Object.hasOwn(all[env]!, agent)) return undefined;
  const { byPolicy = {}, ...common } = all[env]![agent]!;
  const own = policy !== undefined && Object.hasOwn(byPolicy, policy) ? byPolicy[policy]! : {};
  return { ...common, agent: { ...common.agent, ...own.agent }, policy: { ...common.policy, ...own.policy } };
}

/** The compiler sees to it that every agent has a row. */
const suited: Readonly<Record<AgentName, Readonly<Record<string, unknown>>>> = policyOptionsFor;

/**
 * Without a preset these agents bring observations and rewards to a scale of about 1. The others do not: most weigh rewards against an
 * entropy, and DQN loses tasks by it.
 */
const scaling: readonly string[] = ['a2c', 'fpo', 'ppo', 'reinflow', 'reinforce'] satisfies AgentName[];

/**
 * What a training has for whatever is not given: steps over all environments, how many these are, and defaults of the options of agent and
 * policy in place of their own. They are those of the preset, where there is one, of one policy also what it has for that alone, or scales; and
 * for the policy those that suit the agent.
 * @param env its id; without one there is no preset
 * @param policies their names, or what there is; one that is not built in need not be able to normalize observations
 * @param actions those of the environment, if they are known: what has no bounds gets no squash
 */
export function trainingDefaults(
  agent: string,
  env: string | undefined,
  policies: readonly unknown[],
  actions?: Space,
): Omit<AnyPreset, 'byPolicy'> {
  const [only, ...others] = policies;
  const name = typeof only === 'string' && others.length === 0 ? only : undefined;
  const preset = env === undefined ? undefined : presetFor(env, agent, name);
  const areBuiltin = policies.every((policy) => typeof policy === 'string' && Object.hasOwn(builtinPolicies, policy));
  const scales = scaling.includes(agent) && {
    normalizeRewards: true,
    ...(areBuiltin && { normalizeObservations: true }),
  };
  return {
    steps: preset?.steps ?? 100_000,
    envs: preset?.envs ?? 1,
    agent: preset?.agent ?? { ...scales },
    policy: {
      ...(actions === undefined ? suited[agent as AgentName] : suitedOptions('train', agent, actions)),
      ...preset?.policy,
    },
  };
}

/** The name of the policy that one takes for an agent and such actions without more ado. */
export function usualPolicy(agent: string, actionSpace: Space): string {
  const { usualPolicy: own } = agentNamed(agent) ?? {};
  if (own !== undefined) return own;
  if (actionSpace instanceof MultiDiscrete || actionSpace instanceof MultiBinary) return 'multi-categorical';
  return actionSpace instanceof Discrete ? 'categorical' : 'gaussian';
}

/** A policy, the name of one, or none, for that which one takes without more ado. */
type AnyPolicy = PolicyName | Policy | (string & {}) | undefined;
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
type TrainedAction<P> = P extends Policy<infer Action> ? Action : P extends string ? ActionOf<P> : UsualAction;

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
export interface TrainResult<Action extends ActedAction = UsualAction> {
  /** Episodes that ended. */
  readonly episodes: number;
  /** The mean return of the last hundred of them; null where none has ended. */
  readonly meanReturn: number | null;
  /** The mean length of these. */
  readonly meanLength: number | null;
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
  const { env: source, seed = 0, signal } = checked;
  const id = typeof source === 'string' ? source : undefined;
  const defaults = trainingDefaults(checked.agent, id, []);
  const steps = stepsOf(checked);
  if (id !== undefined) await loadEnv(id);
  const { env, close } = openEnvs('train', checked, defaults.envs);
  let session: TrainingSession | undefined;
  let isWhole = false;
  try {
    const dataset = typeof checked.dataset === 'string' ? await openDataset(checked.dataset) : checked.dataset;
    const plan = { ...withOptions(checked, env), env, close, dataset, evaluations: checked, rng: new Rng(seed) };
    session = new TrainingSession('train: agent', plan);
    let recent: EpisodeReport[] = [];
    const reached = { steps: 0, updates: 0, episodes: 0 };
    let stops = false;
    for await (const report of session.reports(steps, signal)) {
      recent = [...recent, ...report.episodes].slice(-100);
      const episodes = reached.episodes + report.episodes.length;
      Object.assign(reached, { steps: report.step, updates: report.updates, episodes });
      stops = report.evaluation?.stops ?? false;
      yield report as AgentReportsByName[N] & EvaluatedReport;
    }
    isWhole = true;
    const best = session.evaluated?.best;
    const { return: meanReturn, length: meanLength } = episodeStatistics(recent);
    return {
      policy: session.policy as Policy<TrainedAction<P>>,
      env: id,
      ...{ ...reached, meanReturn, meanLength },
      finished: stops || reached.steps >= steps,
      best: best && { step: best.step, return: best.return },
    };
  } finally {
    if (session === undefined) close();
    else session.dispose(isWhole);
  }
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
  checkEvaluationOptions(options, 'train: ');
  if (options.evaluateEvery > 0 && typeof env === 'object') {
    throw new Error(
      'train: evaluateEvery: evaluations open environments of their own, expected env to be an id or a function that makes one, got one that there is',
    );
  }
}

/** Agent and policy with their options: what is given, and for the rest the defaults. */
function withOptions(
  { agent, policy: given, env: source, agentOptions = {}, policyOptions }: AnySettings,
  env: VectorEnv | AnyEnv,
): Pick<TrainingPlan, 'agent' | 'policy' | 'envName' | 'agentOptions' | 'policyOptions'> {
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
