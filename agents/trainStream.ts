import { z } from 'zod';
import type { AnyEnv, VectorEnv } from '../envs/index.ts';
import { type Policy, type PolicyName, type PolicyOptions, Rng } from '../src/index.ts';
import { parseOptions } from '../src/options/parseOptions.ts';
import { withDefaults } from '../src/options/withDefaults.ts';
import { policySchema } from '../src/policies/registry.ts';
import {
  type AgentName,
  type AgentOptionsByName,
  type AgentReportsByName,
  agentNamed,
  builtinAgents,
} from './builtinAgents.ts';
import { type AgentPlan, makeAgent } from './common/makeAgent.ts';
import { type EnvRequest, envRequestShape, openEnvs } from './common/openEnvs.ts';
import { partSchemas } from './common/partSchemas.ts';
import { type EpisodeFigures, RecentEpisodes } from './common/recentEpisodes.ts';
import { spacesOf } from './common/spacesOf.ts';
import { type TrainingDefaults, trainingDefaults } from './common/trainingDefaults.ts';
import { trainingReports } from './common/trainingReports.ts';
import { usualPolicy } from './common/usualPolicy.ts';

/** What {@link trainStream} trains, and how. */
export interface TrainSettings<N extends AgentName = AgentName, P extends string = string, Id extends string = string>
  extends EnvRequest<Id> {
  /** The name of the agent. */
  readonly agent: N;
  /** A policy, or the name of one: by default `'gaussian'`, for discrete actions `'categorical'` or `'multi-categorical'`. */
  readonly policy?: P | PolicyName | Policy | undefined;
  /** Environment steps, over all environments: by default the preset's, or 100,000. */
  readonly steps?: number | undefined;
  /** Names all streams of randomness: 0 by default. The same seed gives the same training. */
  readonly seed?: number | string | undefined;
  /** Options of the agent: by default the preset's, or the agent's own. */
  readonly agentOptions?: Omit<AgentOptionsByName[N], 'policy' | 'env' | 'rng'> | undefined;
  /** Options of a policy that is named: by default the preset's, what suits the agent, or the policy's own. */
  readonly policyOptions?: (P extends PolicyName ? PolicyOptions<P> : Readonly<Record<string, unknown>>) | undefined;
  /** Ends the training after the next report: the policy keeps what it has learned until then. */
  readonly signal?: AbortSignal | undefined;
}

/** What came of a training. */
export interface TrainResult extends EpisodeFigures {
  /** What was trained, for its caller to dispose. */
  readonly policy: Policy;
  /** The id of the environment, if it was named. */
  readonly env: string | undefined;
  /** Environment steps, over all environments. */
  readonly steps: number;
  readonly updates: number;
  /** False where the signal ended the training. */
  readonly finished: boolean;
}

const record = z.record(z.string(), z.unknown());
const settingsSchema = z.strictObject({
  ...envRequestShape,
  agent: z.enum(Object.keys(builtinAgents)),
  agentOptions: record.optional(),
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
export async function* trainStream<const N extends AgentName, P extends string = string, Id extends string = string>(
  settings: TrainSettings<N, P, Id>,
): AsyncGenerator<AgentReportsByName[N], TrainResult, undefined> {
  const checked = parseOptions('train', settingsSchema, settings) as AnySettings;
  const { agent: name, env: source, seed = 0, signal } = checked;
  const id = typeof source === 'string' ? source : undefined;
  const defaults = trainingDefaults(name, id);
  const { steps = defaults.steps } = checked;
  const parts: { dispose(): void }[] = [];
  try {
    const { env, close } = openEnvs('train', checked, defaults.envs);
    parts.push({ dispose: close });
    const rng = new Rng(seed);
    const { policy, agent } = makeAgent('train: agent', { ...withOptions(checked, env, defaults), env, rng });
    parts.push(agent);
    if (policy !== checked.policy) parts.push(policy);
    const recent = new RecentEpisodes();
    const reached = { steps: 0, updates: 0 };
    for await (const report of trainingReports({ agent, steps, rng, signal })) {
      recent.add(report.episodes);
      Object.assign(reached, { steps: report.step, updates: report.updates });
      yield report as AgentReportsByName[N];
    }
    if (policy !== checked.policy) parts.pop();
    return { policy, env: id, ...reached, ...recent.figures(), finished: reached.steps >= steps };
  } finally {
    for (const part of parts.reverse()) part.dispose();
  }
}

/** Settings that are checked, whichever agent's. */
type AnySettings = Omit<TrainSettings, 'agentOptions' | 'policyOptions'> & {
  readonly agentOptions?: Readonly<Record<string, unknown>>;
  readonly policyOptions?: Readonly<Record<string, unknown>>;
};

/** Agent and policy with their options: what is given, and for the rest the defaults. */
function withOptions(
  { agent, policy: given, env: source, agentOptions = {}, policyOptions }: AnySettings,
  env: VectorEnv | AnyEnv,
  defaults: TrainingDefaults,
): Omit<AgentPlan, 'env' | 'rng'> {
  const policy = given ?? usualPolicy(agent, spacesOf(env).actionSpace);
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
