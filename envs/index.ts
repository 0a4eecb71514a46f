/**
 * Gymnasium's contract: spaces, wrappers, vector environments, and environments.
 * @module oxbow/envs
 */
import './registerEnvs.ts';

export type { EnvOptionsById } from './builtinEnvs.ts';
export { AcrobotEnv, type AcrobotOptions } from './classic/acrobot.ts';
export { CartPoleEnv, type CartPoleOptions } from './classic/cartPole.ts';
export { MountainCarEnv, type MountainCarOptions } from './classic/mountainCar.ts';
export * from './classic/mountainCarContinuous.ts';
export { PendulumEnv, type PendulumOptions, type PendulumResetOptions } from './classic/pendulum.ts';
export { BaseEnv } from './core/baseEnv.ts';
export { type CheckEnvOptions, checkEnv } from './core/checkEnv.ts';
export * from './core/env.ts';
export type { EpisodeScript, ScriptedEpisode } from './core/episodeScript.ts';
export * from './core/flatVectorEnv.ts';
export { loadEnv } from './core/loadEnv.ts';
export { type MakeVecOptions, makeVec, type VecOptions } from './core/makeVec.ts';
export * from './core/productEnv.ts';
export {
  type EnvId,
  type EnvOptions,
  type EnvRegistration,
  type MakeLimits,
  type MakeOptions,
  make,
  register,
  registeredEnvs,
} from './core/registry.ts';
export type { ClassicResetOptions } from './core/resetState.ts';
export * from './core/spaces/box.ts';
export * from './core/spaces/dict.ts';
export * from './core/spaces/discrete.ts';
export * from './core/spaces/flatten.ts';
export * from './core/spaces/multiBinary.ts';
export * from './core/spaces/multiDiscrete.ts';
export * from './core/spaces/space.ts';
export * from './core/spaces/text.ts';
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
export type { Motion, Quaternion, Scene, SceneView, Solid, SolidKind, Vector3 } from './drawing/scene.ts';
export { type ThreeScript, threeScript } from './drawing/threeScript.ts';
export { type TrajectoryPageOptions, trajectoryPage } from './drawing/trajectoryPage.ts';
export {
  collectDemonstrations,
  type DemonstrationEpisode,
  type DemonstrationOptions,
  type DemonstrationPath,
  type Demonstrations,
  demonstrationNoise,
  marginRange,
  shortestPathDirection,
} from './lake/demonstrations.ts';
export * from './lake/grains.ts';
export { LakeDemonstrators, type LakeDemonstratorsOptions } from './lake/lakeDemonstrators.ts';
export { LakeEnv } from './lake/lakeEnv.ts';
export type { Bank } from './lake/lakeMap.ts';
export * as lakeMap from './lake/lakeMap.ts';
export type { Blocking, LakeAction, LakeOptions } from './lake/lakeOptions.ts';
export { type LakeInfo, LakeWalkEnv } from './lake/lakeWalkEnv.ts';
export * from './toy/bandit.ts';
export { BumpBanditEnv, type BumpBanditOptions } from './toy/bumpBandit.ts';
export {
  FourCornerBanditEnv,
  type FourCornerBanditOptions,
  fourCornerData,
  fourCorners,
} from './toy/fourCornerBandit.ts';
export { GridworldEnv, type GridworldInfo, type GridworldMap, type GridworldOptions } from './toy/gridworld.ts';
export { MultigoalEnv, type MultigoalGoal, type MultigoalInfo, type MultigoalOptions } from './toy/multigoal.ts';
export {
  type BanditBlocking,
  type BanditSide,
  OpponentBanditEnv,
  type OpponentBanditOptions,
  opponentBanks,
} from './toy/opponentBandit.ts';
export { SoftBanditEnv, type SoftBanditOptions, softBanditData } from './toy/softBandit.ts';
