/**
 * Gymnasium's contract: spaces, wrappers, vector environments, and environments.
 * @module oxbow/envs
 */
import './registerEnvs.ts';

export { Box, type BoxDtype, type BoxOptions } from '../src/spaces/box.ts';
export { Dict, Tuple } from '../src/spaces/composite.ts';
export * from '../src/spaces/discrete.ts';
export * from '../src/spaces/flatten.ts';
export { type BatchArray, checkSpace, notSpace, type Space } from '../src/spaces/space.ts';
export * from '../src/spaces/text.ts';
export type { EnvOptionsById } from './builtinEnvs.ts';
export { AcrobotEnv, type AcrobotOptions } from './classic/acrobot.ts';
export { CartPoleEnv, type CartPoleOptions } from './classic/cartPole.ts';
export { MountainCarContinuousEnv, MountainCarEnv, type MountainCarOptions } from './classic/mountainCar.ts';
export { PendulumEnv, type PendulumOptions, type PendulumResetOptions } from './classic/pendulum.ts';
export type { ClassicResetOptions } from './core/baseEnv.ts';
export { BaseEnv } from './core/baseEnv.ts';
export { type CheckEnvOptions, checkEnv } from './core/checkEnv.ts';
export type {
  AnyEnv,
  Env,
  EnvSpec,
  EpisodeScript,
  Info,
  ResetOptions,
  ResetResult,
  ScriptedEpisode,
  Seed,
  StepResult,
} from './core/env.ts';
export * from './core/flatVectorEnv.ts';
export { type MakeVecOptions, makeVec, type VecOptions } from './core/makeVec.ts';
export {
  type EnvId,
  type EnvOptions,
  type EnvRegistration,
  loadEnv,
  type MakeLimits,
  type MakeOptions,
  make,
  register,
  registeredEnvs,
} from './core/registry.ts';
export * from './core/syncVectorEnv.ts';
export {
  type AutoresetMode,
  autoresetModes,
  newVectorStep,
  type VectorEnv,
  type VectorResetOptions,
  type VectorStep,
} from './core/vectorEnv.ts';
export * from './core/wrappers/frameStack.ts';
export * from './core/wrappers/normalize.ts';
export * from './core/wrappers/record.ts';
export * from './core/wrappers/transform.ts';
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
  LakeDemonstrators,
  type LakeDemonstratorsOptions,
  marginRange,
  shortestPathDirection,
} from './lake/demonstrations.ts';
export {
  type Blocking,
  type LakeAction,
  LakeEnv,
  type LakeInfo,
  type LakeOptions,
  LakeWalkEnv,
} from './lake/lakeEnv.ts';
export {
  type AnyLakeId,
  allLakeGrains,
  type LakeGrain,
  type LakeId,
  lakeGrains,
  type RobotLakeId,
  robotLakeGrains,
} from './lake/lakeGrains.ts';
export type { Bank } from './lake/lakeMap.ts';
export * as lakeMap from './lake/lakeMap.ts';
export {
  type BanditBlocking,
  BanditEnv,
  type BanditSide,
  type BanditState,
  BumpBanditEnv,
  type BumpBanditOptions,
  FourCornerBanditEnv,
  type FourCornerBanditOptions,
  fourCornerData,
  fourCorners,
  OpponentBanditEnv,
  type OpponentBanditOptions,
  opponentBanks,
  SoftBanditEnv,
  type SoftBanditOptions,
  softBanditData,
} from './toy/bandits.ts';
export { GridworldEnv, type GridworldInfo, type GridworldMap, type GridworldOptions } from './toy/gridworld.ts';
export { MultigoalEnv, type MultigoalGoal, type MultigoalInfo, type MultigoalOptions } from './toy/multigoal.ts';
