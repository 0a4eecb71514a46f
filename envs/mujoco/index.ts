/**
 * Robots in MuJoCo's physics, with the package `@mujoco/mujoco`: Gymnasium's tasks, and what robots of your own are made of.
 * @module oxbow/mujoco
 */
import './registerMujoco.ts';

export type { PicturePoint, PictureShape, RobotPicture } from './drawRobot.ts';
export { antGait } from './lake/antGait.ts';
export { AntHeadingEnv, type AntHeadingOptions } from './lake/antHeadingEnv.ts';
export {
  AntLakeEnv,
  PointLakeEnv,
  RobotLakeEnv,
  type RobotLakeSettings,
  type RobotOnGround,
} from './lake/robotLakeEnv.ts';
export { type LoadMujocoOptions, loadMujoco } from './loadMujoco.ts';
export {
  type Body,
  type Contact,
  type FixedTendon,
  type Geom,
  type Joint,
  type Mjcf,
  type Motor,
  mjcf,
  type Numbers,
  type Site,
} from './mjcf.ts';
export {
  type MjDataArray,
  type MjModelArray,
  MujocoEnv,
  type MujocoEnvSettings,
  type MujocoResetOptions,
  type Scored,
} from './mujocoEnv.ts';
export type { MujocoEnvOptionsById } from './mujocoEnvs.ts';
export { AntEnv, type AntOptions } from './tasks/antEnv.ts';
export { HalfCheetahEnv, type HalfCheetahOptions } from './tasks/halfCheetahEnv.ts';
export { HopperEnv, type HopperOptions, Walker2dEnv, type Walker2dOptions } from './tasks/hopperWalker2dEnv.ts';
export {
  HumanoidEnv,
  type HumanoidOptions,
  HumanoidStandupEnv,
  type HumanoidStandupOptions,
} from './tasks/humanoidEnv.ts';
export {
  InvertedDoublePendulumEnv,
  type InvertedDoublePendulumOptions,
  InvertedPendulumEnv,
  type InvertedPendulumOptions,
} from './tasks/invertedPendulumEnv.ts';
export { PusherEnv, type PusherOptions } from './tasks/pusherEnv.ts';
export { ReacherEnv, type ReacherOptions } from './tasks/reacherEnv.ts';
export { SwimmerEnv, type SwimmerOptions } from './tasks/swimmerEnv.ts';
