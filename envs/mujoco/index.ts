/**
 * Robots in MuJoCo's physics, with the package `@mujoco/mujoco`: Gymnasium's tasks, and what robots of your own are made of.
 * @module oxbow/mujoco
 */
import './registerMujoco.ts';

export { antGait } from './lake/antGait.ts';
export { AntHeadingEnv, type AntHeadingOptions } from './lake/antHeadingEnv.ts';
export { AntLakeEnv } from './lake/antLakeEnv.ts';
export { PointLakeEnv } from './lake/pointLakeEnv.ts';
export { RobotLakeEnv, type RobotLakeSettings, type RobotOnGround } from './lake/robotLakeEnv.ts';
export { type LoadMujocoOptions, loadMujoco } from './loadMujoco.ts';
export * from './mjcf.ts';
export {
  type MjDataArray,
  type MjModelArray,
  MujocoEnv,
  type MujocoEnvSettings,
  type MujocoResetOptions,
  type Scored,
} from './mujocoEnv.ts';
export type { MujocoEnvOptionsById } from './mujocoEnvs.ts';
export type { PicturePoint, PictureShape, RobotPicture } from './robotPicture.ts';
export { AntEnv, type AntOptions } from './tasks/antEnv.ts';
export { HalfCheetahEnv, type HalfCheetahOptions } from './tasks/halfCheetahEnv.ts';
export { HopperEnv, type HopperOptions } from './tasks/hopperEnv.ts';
export { HumanoidEnv, type HumanoidOptions } from './tasks/humanoidEnv.ts';
export { HumanoidStandupEnv, type HumanoidStandupOptions } from './tasks/humanoidStandupEnv.ts';
export { InvertedDoublePendulumEnv, type InvertedDoublePendulumOptions } from './tasks/invertedDoublePendulumEnv.ts';
export { InvertedPendulumEnv, type InvertedPendulumOptions } from './tasks/invertedPendulumEnv.ts';
export { PusherEnv, type PusherOptions } from './tasks/pusherEnv.ts';
export { ReacherEnv, type ReacherOptions } from './tasks/reacherEnv.ts';
export { SwimmerEnv, type SwimmerOptions } from './tasks/swimmerEnv.ts';
export { Walker2dEnv, type Walker2dOptions } from './tasks/walker2dEnv.ts';
