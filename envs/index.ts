/**
 * Gymnasium's contract: spaces, wrappers, vector environments, and environments.
 * @module oxbow/envs
 */
import { AcrobotEnv } from './classic/acrobot.ts';
import { CartPoleEnv, type CartPoleOptions } from './classic/cartPole.ts';
import { MountainCarEnv, type MountainCarOptions } from './classic/mountainCar.ts';
import { MountainCarContinuousEnv } from './classic/mountainCarContinuous.ts';
import { PendulumEnv, type PendulumOptions } from './classic/pendulum.ts';
import { registerProvider } from './core/envProvider.ts';
import { register } from './core/registry.ts';
import { gymnasiumProvider } from './gymnasium/gymnasiumProvider.ts';
import { lakeGrains } from './lake/grains.ts';
import { LakeEnv, type LakeOptions } from './lake/lakeEnv.ts';
import { BumpBanditEnv, type BumpBanditOptions } from './toy/bumpBandit.ts';
import { FourCornerBanditEnv } from './toy/fourCornerBandit.ts';
import { GridworldEnv, type GridworldOptions } from './toy/gridworld.ts';
import { MultigoalEnv, type MultigoalOptions } from './toy/multigoal.ts';
import { OpponentBanditEnv, type OpponentBanditOptions } from './toy/opponentBandit.ts';
import { SoftBanditEnv, type SoftBanditOptions } from './toy/softBandit.ts';

for (const [id, { stride, stepCost, maxEpisodeSteps }] of Object.entries(lakeGrains)) {
  register<LakeOptions>({
    id,
    entryPoint: (options) => new LakeEnv(options),
    maxEpisodeSteps,
    options: { stride, stepCost },
  });
}
register({
  id: 'Acrobot-v1',
  entryPoint: (options) => new AcrobotEnv(options),
  maxEpisodeSteps: 500,
  rewardThreshold: -100,
});
register<CartPoleOptions>({
  id: 'CartPole-v1',
  entryPoint: (options) => new CartPoleEnv(options),
  maxEpisodeSteps: 500,
  rewardThreshold: 475,
});
register<MountainCarOptions>({
  id: 'MountainCar-v0',
  entryPoint: (options) => new MountainCarEnv(options),
  maxEpisodeSteps: 200,
  rewardThreshold: -110,
});
register<MountainCarOptions>({
  id: 'MountainCarContinuous-v0',
  entryPoint: (options) => new MountainCarContinuousEnv(options),
  maxEpisodeSteps: 999,
  rewardThreshold: 90,
});
register<PendulumOptions>({
  id: 'Pendulum-v1',
  entryPoint: (options) => new PendulumEnv(options),
  maxEpisodeSteps: 200,
});
register<BumpBanditOptions>({
  id: 'BumpBandit-v0',
  entryPoint: (options) => new BumpBanditEnv(options),
});
register({
  id: 'FourCornerBandit-v0',
  entryPoint: (options) => new FourCornerBanditEnv(options),
});
register<GridworldOptions>({
  id: 'GridworldTree-v0',
  entryPoint: (options) => new GridworldEnv(options),
  maxEpisodeSteps: 100,
  options: { map: 'tree' },
});
register<GridworldOptions>({
  id: 'GridworldSlits-v0',
  entryPoint: (options) => new GridworldEnv(options),
  maxEpisodeSteps: 100,
  options: { map: 'slits' },
});
register<MultigoalOptions>({
  id: 'Multigoal-v0',
  entryPoint: (options) => new MultigoalEnv(options),
  maxEpisodeSteps: 30,
});
register<OpponentBanditOptions>({
  id: 'OpponentBandit-v0',
  entryPoint: (options) => new OpponentBanditEnv(options),
});
register<SoftBanditOptions>({
  id: 'SoftBandit-v0',
  entryPoint: (options) => new SoftBanditEnv(options),
});
registerProvider('gymnasium', gymnasiumProvider);

export * from './classic/acrobot.ts';
export * from './classic/cartPole.ts';
export * from './classic/mountainCar.ts';
export * from './classic/mountainCarContinuous.ts';
export * from './classic/pendulum.ts';
export { BaseEnv } from './core/baseEnv.ts';
export { type CheckEnvOptions, checkEnv } from './core/checkEnv.ts';
export * from './core/env.ts';
export { type MakeVecOptions, makeVec } from './core/makeVec.ts';
export { type EnvRegistration, type MakeOptions, make, register, registeredEnvs } from './core/registry.ts';
export type { ClassicResetOptions } from './core/resetState.ts';
export * from './core/spaces/box.ts';
export * from './core/spaces/dict.ts';
export * from './core/spaces/discrete.ts';
export * from './core/spaces/flatten.ts';
export * from './core/spaces/multiBinary.ts';
export * from './core/spaces/multiDiscrete.ts';
export * from './core/spaces/space.ts';
export * from './core/spaces/tuple.ts';
export * from './core/syncVectorEnv.ts';
export * from './core/vectorEnv.ts';
export * from './core/wrappers/clipAction.ts';
export * from './core/wrappers/flattenObservation.ts';
export * from './core/wrappers/frameStack.ts';
export * from './core/wrappers/hiddenNoise.ts';
export * from './core/wrappers/normalizeObservation.ts';
export * from './core/wrappers/normalizeReward.ts';
export * from './core/wrappers/orderEnforcing.ts';
export * from './core/wrappers/passiveEnvChecker.ts';
export * from './core/wrappers/recordEpisodeStatistics.ts';
export * from './core/wrappers/recordTrajectory.ts';
export * from './core/wrappers/rescaleAction.ts';
export * from './core/wrappers/timeLimit.ts';
export * from './core/wrappers/transformAction.ts';
export * from './core/wrappers/transformObservation.ts';
export * from './core/wrappers/transformReward.ts';
export * from './core/wrappers/wrapper.ts';
export { Drawing, type DrawingOptions, type Style } from './drawing/drawing.ts';
export type { ColourName } from './drawing/palette.ts';
export { type TrajectoryPageOptions, trajectoryPage } from './drawing/trajectoryPage.ts';
export * from './lake/demonstrations.ts';
export * from './lake/grains.ts';
export * from './lake/lakeEnv.ts';
export type { Bank } from './lake/lakeMap.ts';
export * as lakeMap from './lake/lakeMap.ts';
export * from './toy/bandit.ts';
export * from './toy/bumpBandit.ts';
export * from './toy/fourCornerBandit.ts';
export * from './toy/gridworld.ts';
export * from './toy/multigoal.ts';
export * from './toy/opponentBandit.ts';
export * from './toy/softBandit.ts';
