import type { Agent } from '../../agents/index.ts';
import { Discrete, makeVec, type VectorEnv } from '../../envs/index.ts';
import { makePolicy, type Policy, type Rng } from '../../src/index.ts';
import { policySchema } from '../../src/policies/registry.ts';
import type { Job } from '../harness/experiment.ts';
import { trainableAgents } from './trainableAgents.ts';
import type { TrainConfig } from './trainConfig.ts';

/** An agent with what it is made of. */
export interface Training {
  readonly env: VectorEnv;
  readonly policy: Policy;
  readonly agent: Agent;
  /** Frees all three. */
  dispose(): void;
}

/**
 * What a job trains, from the settings of its run.
 * @throws one line, if something does not fit
 */
export function makeTraining(
  { study, env: id, policy: name }: Pick<Job, 'study' | 'env' | 'policy'>,
  config: TrainConfig,
  rng: Rng,
): Training {
  const env = makeEnvs(id, config, config.envs);
  const made: { dispose(): void }[] = [{ dispose: () => env.close() }];
  try {
    const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = env;
    checkActions(study, id, actionSpace);
    const known = Object.keys(policySchema(name)?.shape ?? {});
    const settings = Object.entries(config.policy).filter(([key]) => known.includes(key));
    const policy = makePolicy(name, {
      ...Object.fromEntries(settings),
      observationSpace,
      actionSpace,
      rng: rng.split('policy'),
    });
    made.push(policy);
    const agent = trainableAgents[study]!.make({ policy, env, rng: rng.split('agent') }, config.agent);
    made.push(agent);
    return {
      env,
      policy,
      agent,
      dispose() {
        for (const part of made.reverse()) part.dispose();
      },
    };
  } catch (error) {
    for (const part of made.reverse()) part.dispose();
    throw error;
  }
}

/** @throws if the agent cannot learn such actions, which its policy would say less plainly */
function checkActions(agent: string, env: string, actionSpace: unknown): void {
  const { actions } = trainableAgents[agent]!;
  if (actions === undefined || (actions === 'discrete') === actionSpace instanceof Discrete) return;
  const needed = actions === 'discrete' ? 'discrete' : 'continuous';
  throw new Error(`--agent: got ${agent}, which needs ${needed} actions; those of ${env} are ${actionSpace}`);
}

/** Environments of a run that reset in the step that ends an episode. */
export function makeEnvs(id: string, { env }: Pick<TrainConfig, 'env'>, numEnvs: number): VectorEnv {
  return makeVec(id, { ...env, numEnvs, autoresetMode: 'sameStep' });
}
