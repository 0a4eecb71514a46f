import { PendulumEnv, type PendulumOptions } from './classic/pendulum.ts';
import { register } from './core/registry.ts';
import { lakeGrains } from './lake/grains.ts';
import { LakeEnv, type LakeOptions } from './lake/lakeEnv.ts';

for (const [id, { stride, stepCost, maxEpisodeSteps }] of Object.entries(lakeGrains)) {
  register<LakeOptions>({
    id,
    entryPoint: (options) => new LakeEnv(options),
    maxEpisodeSteps,
    options: { stride, stepCost },
  });
}
register<PendulumOptions>({
  id: 'Pendulum-v1',
  entryPoint: (options) => new PendulumEnv(options),
  maxEpisodeSteps: 200,
});

export * from './classic/pendulum.ts';
export { BaseEnv } from './core/baseEnv.ts';
export { type CheckEnvOptions, checkEnv } from './core/checkEnv.ts';
export * from './core/env.ts';
export { type MakeVecOptions, makeVec } from './core/makeVec.ts';
export { type EnvRegistration, type MakeOptions, make, register, registeredEnvs } from './core/registry.ts';
export * from './core/spaces/box.ts';
export * from './core/spaces/discrete.ts';
export * from './core/spaces/space.ts';
export * from './core/syncVectorEnv.ts';
export * from './core/vectorEnv.ts';
export * from './core/wrappers/clipAction.ts';
export * from './core/wrappers/orderEnforcing.ts';
export * from './core/wrappers/passiveEnvChecker.ts';
export * from './core/wrappers/recordEpisodeStatistics.ts';
export * from './core/wrappers/timeLimit.ts';
export * from './core/wrappers/wrapper.ts';
export * from './lake/demonstrations.ts';
export * from './lake/grains.ts';
export * from './lake/lakeEnv.ts';
export type { Bank } from './lake/lakeMap.ts';
export * as lakeMap from './lake/lakeMap.ts';
