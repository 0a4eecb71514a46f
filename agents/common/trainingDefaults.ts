import type { Space } from '../../envs/index.ts';
import { policyOptionsFor } from '../../src/policies/policyOptionsFor.ts';
import { suitedOptions } from '../../src/policies/registry.ts';
import type { AgentName } from '../builtinAgents.ts';
import { presetOf } from './presetOf.ts';

/** The compiler sees to it that every agent has a row. */
const suited: Readonly<Record<AgentName, Readonly<Record<string, unknown>>>> = policyOptionsFor;

/** What a training has for whatever is not given. */
export interface TrainingDefaults {
  /** Environment steps, over all environments. */
  readonly steps: number;
  /** Parallel environments. */
  readonly envs: number;
  /** Defaults of the agent's options, in place of its own. */
  readonly agent: Readonly<Record<string, unknown>>;
  /** Defaults of the policy's options, in place of its own; for a policy that has them. */
  readonly policy: Readonly<Record<string, unknown>>;
}

/**
 * The defaults of an agent on an environment: those of the preset, where there is one, and before the policy's own those that suit the
 * agent.
 * @param env its id; without one there is no preset
 * @param actions those of the environment, if they are known: what has no bounds needs no squash
 */
export function trainingDefaults(agent: string, env: string | undefined, actions?: Space): TrainingDefaults {
  const preset = env === undefined ? undefined : presetOf(env, agent);
  return {
    steps: preset?.steps ?? 100_000,
    envs: preset?.envs ?? 1,
    agent: preset?.agent ?? {},
    policy: {
      ...(actions === undefined ? suited[agent as AgentName] : suitedOptions('train', agent, actions)),
      ...preset?.policy,
    },
  };
}
