import type { z } from 'zod';
import { entry } from '../builtinEnvs.ts';
import { lakeEntry } from '../lake/lakeEnv.ts';
import { robotLakeGrains } from '../lake/lakeGrains.ts';
import { AntHeadingEnv, antHeadingOptions } from './lake/antHeadingEnv.ts';
import { AntLakeEnv, PointLakeEnv } from './lake/robotLakeEnv.ts';
import { AntEnv, antOptions } from './tasks/antEnv.ts';
import { HalfCheetahEnv, halfCheetahOptions } from './tasks/halfCheetahEnv.ts';
import { HopperEnv, hopperOptions, Walker2dEnv, walker2dOptions } from './tasks/hopperWalker2dEnv.ts';
import { HumanoidEnv, HumanoidStandupEnv, humanoidOptions, humanoidStandupOptions } from './tasks/humanoidEnv.ts';
import {
  InvertedDoublePendulumEnv,
  InvertedPendulumEnv,
  invertedDoublePendulumOptions,
  invertedPendulumOptions,
} from './tasks/invertedPendulumEnv.ts';
import { OgbenchAntMazeEnv } from './tasks/ogbenchAntMazeEnv.ts';
import { ogbenchMazeOptions } from './tasks/ogbenchMazeEnv.ts';
import { OgbenchPointMazeEnv } from './tasks/ogbenchPointMazeEnv.ts';
import { PointMazeEnv, pointMazeOptions } from './tasks/pointMazeEnv.ts';
import { PusherEnv, pusherOptions } from './tasks/pusherEnv.ts';
import { ReacherEnv, reacherOptions } from './tasks/reacherEnv.ts';
import { SwimmerEnv, swimmerOptions } from './tasks/swimmerEnv.ts';

type OgbenchMaze = z.output<typeof ogbenchMazeOptions>['maze'];
const antMazeEntry = (maze: OgbenchMaze) => ({
  ...entry(OgbenchAntMazeEnv, ogbenchMazeOptions, [1000]),
  options: { maze },
});
const pointMazeEntry = (maze: OgbenchMaze) => ({
  ...entry(OgbenchPointMazeEnv, ogbenchMazeOptions, [1000]),
  options: { maze },
});

/** The environments in MuJoCo's physics, by id, as they are registered. */
export const mujocoEnvs = {
  'mujoco/Ant-v5': entry(AntEnv, antOptions, [1000, 6000]),
  'mujoco/HalfCheetah-v5': entry(HalfCheetahEnv, halfCheetahOptions, [1000, 4800]),
  'mujoco/Hopper-v5': entry(HopperEnv, hopperOptions, [1000, 3800]),
  'mujoco/Humanoid-v5': entry(HumanoidEnv, humanoidOptions, [1000]),
  'mujoco/HumanoidStandup-v5': entry(HumanoidStandupEnv, humanoidStandupOptions, [1000]),
  'mujoco/AntHeading-v0': entry(AntHeadingEnv, antHeadingOptions, [400]),
  'mujoco/AntLake-v0': lakeEntry(AntLakeEnv, robotLakeGrains['mujoco/AntLake-v0']),
  'mujoco/AntLakeStride-v0': lakeEntry(AntLakeEnv, robotLakeGrains['mujoco/AntLakeStride-v0']),
  'mujoco/PointLake-v0': lakeEntry(PointLakeEnv, robotLakeGrains['mujoco/PointLake-v0']),
  'mujoco/PointLakeStride-v0': lakeEntry(PointLakeEnv, robotLakeGrains['mujoco/PointLakeStride-v0']),
  'mujoco/InvertedDoublePendulum-v5': entry(InvertedDoublePendulumEnv, invertedDoublePendulumOptions, [1000, 9100]),
  'mujoco/InvertedPendulum-v5': entry(InvertedPendulumEnv, invertedPendulumOptions, [1000, 950]),
  'mujoco/OgbenchAntMazeGiant-v0': antMazeEntry('giant'),
  'mujoco/OgbenchAntMazeLarge-v0': antMazeEntry('large'),
  'mujoco/OgbenchAntMazeMedium-v0': antMazeEntry('medium'),
  'mujoco/OgbenchAntMazeTeleport-v0': antMazeEntry('teleport'),
  'mujoco/OgbenchPointMazeGiant-v0': pointMazeEntry('giant'),
  'mujoco/OgbenchPointMazeLarge-v0': pointMazeEntry('large'),
  'mujoco/OgbenchPointMazeMedium-v0': pointMazeEntry('medium'),
  'mujoco/OgbenchPointMazeTeleport-v0': pointMazeEntry('teleport'),
  'mujoco/PointMazeUMaze-v0': entry(PointMazeEnv, pointMazeOptions, [300]),
  'mujoco/Pusher-v5': entry(PusherEnv, pusherOptions, [100, 0]),
  'mujoco/Reacher-v5': entry(ReacherEnv, reacherOptions, [50, -3.75]),
  'mujoco/Swimmer-v5': entry(SwimmerEnv, swimmerOptions, [1000, 360]),
  'mujoco/Walker2d-v5': entry(Walker2dEnv, walker2dOptions, [1000]),
};

/** The options of each environment in MuJoCo's physics, by its id. */
export type MujocoEnvOptionsById = {
  [Id in keyof typeof mujocoEnvs]: z.input<(typeof mujocoEnvs)[Id]['schema']>;
};
