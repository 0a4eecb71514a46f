/**
 * Robots in MuJoCo's physics, with the package `@mujoco/mujoco`: Gymnasium's tasks, and what robots of your own are made of.
 * @module oxbow/mujoco
 */
import './registerMujoco.ts';

export { antGait } from './lake/antGait.ts';
export { AntHeadingEnv } from './lake/antHeadingEnv.ts';
export { AntLakeEnv, PointLakeEnv, RobotLakeEnv, type RobotOnGround } from './lake/robotLakeEnv.ts';
export { loadMujoco } from './loadMujoco.ts';
export { type Body, type Joint, mjcf, type Numbers } from './mjcf.ts';
export { MujocoEnv, type Scored } from './mujocoEnv.ts';

export { AntEnv } from './tasks/antEnv.ts';
export { HalfCheetahEnv } from './tasks/halfCheetahEnv.ts';
export { HopperEnv, Walker2dEnv } from './tasks/hopperWalker2dEnv.ts';
export { HumanoidEnv, HumanoidStandupEnv } from './tasks/humanoidEnv.ts';
export { InvertedDoublePendulumEnv, InvertedPendulumEnv } from './tasks/invertedPendulumEnv.ts';
export { OgbenchAntMazeEnv } from './tasks/ogbenchAntMazeEnv.ts';
export { OgbenchPointMazeEnv } from './tasks/ogbenchPointMazeEnv.ts';
export { PointMazeEnv } from './tasks/pointMazeEnv.ts';
export { PusherEnv } from './tasks/pusherEnv.ts';
export { ReacherEnv } from './tasks/reacherEnv.ts';
export { SwimmerEnv } from './tasks/swimmerEnv.ts';
