import type { Space } from '../../envs/index.ts';
import { builtinPolicies } from '../../src/policies/builtinPolicies.ts';
import { policyOptionsFor } from '../../src/policies/policyOptionsFor.ts';
import { suitedOptions } from '../../src/policies/registry.ts';
import type { AgentName } from '../builtinAgents.ts';
import { presetFor } from './presetOf.ts';

/** The compiler sees to it that every agent has a row. */
const suited: Readonly<Record<AgentName, Readonly<Record<string, unknown>>>> = policyOptionsFor;

/**
 * Without a preset these agents bring observations and rewards to a scale of about 1. The others do not: most weigh rewards against an
 * entropy, and DQN loses tasks by it.
 */
const scaling: readonly string[] = ['a2c', 'fpo', 'ppo', 'reinforce'] satisfies AgentName[];

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
 * The defaults of an agent on an environment: those of the preset, where there is one, or scales; of one policy also what the preset has for
 * it alone; and before the policy's own those that
 * suit the agent.
 * @param env its id; without one there is no preset
 * @param policies their names, or what there is; one that is not built in need not be able to normalize observations
 * @param actions those of the environment, if they are known: what has no bounds gets no squash
 */
export function trainingDefaults(
  agent: string,
  env: string | undefined,
  policies: readonly unknown[],
  actions?: Space,
): TrainingDefaults {
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
