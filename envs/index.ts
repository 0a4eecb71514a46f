/**
 * Gymnasium's contract: spaces, wrappers, vector environments, and environments.
 * @module oxbow/envs
 */
import './registerEnvs.ts';

export { Box, type BoxDtype } from '../src/spaces/box.ts';
export { Dict, Tuple } from '../src/spaces/composite.ts';
export { Discrete, MultiBinary, MultiDiscrete } from '../src/spaces/discrete.ts';
export { flatdim, flatten, flattenSpace, unflatten } from '../src/spaces/flatten.ts';
export type { BatchArray, Space } from '../src/spaces/space.ts';
export { Text } from '../src/spaces/text.ts';

export { AcrobotEnv } from './classic/acrobot.ts';
export { CartPoleEnv } from './classic/cartPole.ts';
export { MountainCarContinuousEnv, MountainCarEnv } from './classic/mountainCar.ts';
export { PendulumEnv } from './classic/pendulum.ts';

export { ActionChunkVectorEnv } from './core/actionChunkVectorEnv.ts';
export { BaseEnv } from './core/baseEnv.ts';
export { checkEnv } from './core/checkEnv.ts';
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
export { FlatVectorEnv } from './core/flatVectorEnv.ts';
export type { GoalEnv, GoalObservation } from './core/goalEnv.ts';
export { type MakeVecOptions, makeVec } from './core/makeVec.ts';
export {
  type EnvId,
  type EnvOptions,
  loadEnv,
  type MakeLimits,
  type MakeOptions,
  make,
  register,
  registeredEnvs,
} from './core/registry.ts';
export { SyncVectorEnv } from './core/syncVectorEnv.ts';
export {
  type AutoresetMode,
  autoresetModes,
  type VectorEnv,
  type VectorResetOptions,
  type VectorStep,
} from './core/vectorEnv.ts';
export { FrameStack } from './core/wrappers/frameStack.ts';
export { NormalizeObservation, NormalizeReward } from './core/wrappers/normalize.ts';
export { RecordEpisodeStatistics, RecordTrajectory, type Trajectory } from './core/wrappers/record.ts';
export {
  ClipAction,
  FlattenObservation,
  RescaleAction,
  TransformAction,
  TransformObservation,
  TransformReward,
} from './core/wrappers/transform.ts';
export { OrderEnforcing, PassiveEnvChecker, TimeLimit, Wrapper } from './core/wrappers/wrapper.ts';
export { Drawing } from './drawing/drawing.ts';

export type { Scene } from './drawing/scene.ts';
export { threeScript } from './drawing/threeScript.ts';
export { trajectoryPage } from './drawing/trajectoryPage.ts';
export {
  collectDemonstrations,
  type DemonstrationPath,
  type Demonstrations,
  demonstrationNoise,
  LakeDemonstrators,
  type LakeDemonstratorsOptions,
  marginRange,
  shortestPathDirection,
} from './lake/demonstrations.ts';
export { type Blocking, LakeEnv, LakeFogEnv, type LakeInfo, type LakeOptions, LakeWalkEnv } from './lake/lakeEnv.ts';
export {
  type AnyLakeId,
  allLakeGrains,
  type LakeId,
  lakeGrains,
  type RobotLakeId,
  robotLakeGrains,
} from './lake/lakeGrains.ts';
export type { Bank } from './lake/lakeMap.ts';
export * as lakeMap from './lake/lakeMap.ts';
export { AvoidingEnv, type AvoidingInfo, avoidingMap } from './toy/avoiding.ts';
export {
  BanditEnv,
  BumpBanditEnv,
  FourCornerBanditEnv,
  fourCornerData,
  fourCorners,
  OpponentBanditEnv,
  opponentBanks,
  SoftBanditEnv,
  softBanditData,
} from './toy/bandits.ts';
export { BitFlippingEnv } from './toy/bitFlipping.ts';
export { GridworldEnv, type GridworldInfo } from './toy/gridworld.ts';
export { RepeatPreviousEnv, TMazeEnv } from './toy/memory.ts';
export { MultigoalEnv } from './toy/multigoal.ts';
export { SparseGridEnv } from './toy/sparseGrid.ts';
