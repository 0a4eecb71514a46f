import type { EpisodeSource } from '../../datasets/episode.ts';
import { type AnyEnv, Box, Discrete, type VectorEnv } from '../../envs/index.ts';
import { makePolicy, type Policy, type Rng } from '../../src/index.ts';
import { policySchema } from '../../src/policies/registry.ts';
import type { Agent } from '../agent.ts';
import { agentNamed } from '../builtinAgents.ts';
import { spacesOf } from './spacesOf.ts';

/** An agent with the policy that it trains, or that which acts in its place. */
export interface AgentWithPolicy {
  readonly policy: Policy;
  readonly agent: Agent;
}

/** What {@link makeAgent} makes an agent of. */
export interface AgentPlan {
  /** The name of an agent. */
  readonly agent: string;
  /** The name of a policy, or one. */
  readonly policy: string | Policy;
  readonly env: VectorEnv | AnyEnv;
  /** What an agent learns from that learns from data. */
  readonly dataset?: EpisodeSource | undefined;
  /** Which environments these are, as errors say it. */
  readonly envName: string;
  readonly agentOptions: Readonly<Record<string, unknown>>;
  /** Options of a policy that is named; what it does not have is left out. */
  readonly policyOptions: Readonly<Record<string, unknown>>;
  /** Its stream `policy` gives the initial weights of the policy, `agent` those of the agent's own networks. */
  readonly rng: Rng;
}

/**
 * Makes an agent by its name, and its policy.
 * @param label whose argument the agent's name is, for errors: `--agent`
 * @throws one line, if something does not fit; nothing is left to free then
 */
export function makeAgent(label: string, plan: AgentPlan): AgentWithPolicy {
  const { agent: name, dataset, agentOptions, rng } = plan;
  checkActions(label, plan);
  checkDataset(label, plan);
  const { make, learnsFromData } = agentNamed(name)!;
  const isOnline = !learnsFromData || Number(agentOptions.onlineSteps ?? 0) > 0;
  const policy = typeof plan.policy === 'string' ? namedPolicy(plan.policy, plan) : plan.policy;
  try {
    const env = isOnline ? plan.env : undefined;
    const agent = make({ policy, env, dataset, rng: rng.split('agent') }, agentOptions);
    return { policy: agent.actingPolicy ?? policy, agent };
  } catch (error) {
    if (policy !== plan.policy) policy.dispose();
    throw error;
  }
}

/** @throws if the agent cannot learn such actions, which its policy would say less plainly */
function checkActions(label: string, { agent, env, envName }: AgentPlan): void {
  const { actions } = agentNamed(agent)!;
  const { actionSpace } = spacesOf(env);
  if (actions === undefined) return;
  if (actions === 'discrete' ? actionSpace instanceof Discrete : actionSpace instanceof Box) return;
  const needed = actions === 'discrete' ? 'discrete' : 'continuous';
  throw new Error(`${label}: got ${agent}, which needs ${needed} actions; those of ${envName} are ${actionSpace}`);
}

/** @throws if an agent that learns from data has none, or another has some */
function checkDataset(label: string, { agent, dataset }: AgentPlan): void {
  const { learnsFromData } = agentNamed(agent)!;
  if (learnsFromData === (dataset !== undefined)) return;
  throw new Error(
    learnsFromData
      ? `${label}: got ${agent}, which learns from data: expected a dataset beside it`
      : `${label}: got ${agent} beside a dataset, expected an agent that learns from data`,
  );
}

function namedPolicy(name: string, { env, policyOptions, rng }: AgentPlan): Policy {
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
