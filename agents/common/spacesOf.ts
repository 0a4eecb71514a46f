import type { AnyEnv, Space, VectorEnv } from '../../envs/index.ts';

/** The spaces of one environment, alone or of many. */
export function spacesOf(env: VectorEnv | AnyEnv): { readonly observationSpace: Space; readonly actionSpace: Space } {
  return 'numEnvs' in env
    ? { observationSpace: env.singleObservationSpace, actionSpace: env.singleActionSpace }
    : { observationSpace: env.observationSpace as Space, actionSpace: env.actionSpace as Space };
}
