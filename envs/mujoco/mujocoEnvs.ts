import type { z } from 'zod';
import { type LakeOptions, lakeOptions } from '../lake/lakeEnv.ts';
import { type RobotLakeId, robotLakeGrains } from '../lake/lakeGrains.ts';
import { AntHeadingEnv, type AntHeadingOptions, antHeadingOptions } from './lake/antHeadingEnv.ts';
import { AntLakeEnv, PointLakeEnv } from './lake/robotLakeEnv.ts';
import { AntEnv, type AntOptions, antOptions } from './tasks/antEnv.ts';
import { HalfCheetahEnv, type HalfCheetahOptions, halfCheetahOptions } from './tasks/halfCheetahEnv.ts';
import {
  HopperEnv,
  type HopperOptions,
  hopperOptions,
  Walker2dEnv,
  type Walker2dOptions,
  walker2dOptions,
} from './tasks/hopperWalker2dEnv.ts';
import {
  HumanoidEnv,
  type HumanoidOptions,
  HumanoidStandupEnv,
  type HumanoidStandupOptions,
  humanoidOptions,
  humanoidStandupOptions,
} from './tasks/humanoidEnv.ts';
import {
  InvertedDoublePendulumEnv,
  type InvertedDoublePendulumOptions,
  InvertedPendulumEnv,
  type InvertedPendulumOptions,
  invertedDoublePendulumOptions,
  invertedPendulumOptions,
} from './tasks/invertedPendulumEnv.ts';
import { PusherEnv, type PusherOptions, pusherOptions } from './tasks/pusherEnv.ts';
import { ReacherEnv, type ReacherOptions, reacherOptions } from './tasks/reacherEnv.ts';
import { SwimmerEnv, type SwimmerOptions, swimmerOptions } from './tasks/swimmerEnv.ts';

/** The environments in MuJoCo's physics, by id, as they are registered. */
export const mujocoEnvs = {
  'mujoco/Ant-v5': {
    schema: antOptions,
    entryPoint: (options: AntOptions) => new AntEnv(options),
    maxEpisodeSteps: 1000,
    rewardThreshold: 6000,
  },
  'mujoco/HalfCheetah-v5': {
    schema: halfCheetahOptions,
    entryPoint: (options: HalfCheetahOptions) => new HalfCheetahEnv(options),
    maxEpisodeSteps: 1000,
    rewardThreshold: 4800,
  },
  'mujoco/Hopper-v5': {
    schema: hopperOptions,
    entryPoint: (options: HopperOptions) => new HopperEnv(options),
    maxEpisodeSteps: 1000,
    rewardThreshold: 3800,
  },
  'mujoco/Humanoid-v5': {
    schema: humanoidOptions,
    entryPoint: (options: HumanoidOptions) => new HumanoidEnv(options),
    maxEpisodeSteps: 1000,
  },
  'mujoco/HumanoidStandup-v5': {
    schema: humanoidStandupOptions,
    entryPoint: (options: HumanoidStandupOptions) => new HumanoidStandupEnv(options),
    maxEpisodeSteps: 1000,
  },
  'mujoco/AntHeading-v0': {
    schema: antHeadingOptions,
    entryPoint: (options: AntHeadingOptions) => new AntHeadingEnv(options),
    maxEpisodeSteps: 400,
  },
  'mujoco/AntLake-v0': lakeOf('mujoco/AntLake-v0', AntLakeEnv),
  'mujoco/AntLakeStride-v0': lakeOf('mujoco/AntLakeStride-v0', AntLakeEnv),
  'mujoco/PointLake-v0': lakeOf('mujoco/PointLake-v0', PointLakeEnv),
  'mujoco/PointLakeStride-v0': lakeOf('mujoco/PointLakeStride-v0', PointLakeEnv),
  'mujoco/InvertedDoublePendulum-v5': {
    schema: invertedDoublePendulumOptions,
    entryPoint: (options: InvertedDoublePendulumOptions) => new InvertedDoublePendulumEnv(options),
    maxEpisodeSteps: 1000,
    rewardThreshold: 9100,
  },
  'mujoco/InvertedPendulum-v5': {
    schema: invertedPendulumOptions,
    entryPoint: (options: InvertedPendulumOptions) => new InvertedPendulumEnv(options),
    maxEpisodeSteps: 1000,
    rewardThreshold: 950,
  },
  'mujoco/Pusher-v5': {
    schema: pusherOptions,
    entryPoint: (options: PusherOptions) => new PusherEnv(options),
    maxEpisodeSteps: 100,
    rewardThreshold: 0,
  },
  'mujoco/Reacher-v5': {
    schema: reacherOptions,
    entryPoint: (options: ReacherOptions) => new ReacherEnv(options),
    maxEpisodeSteps: 50,
    rewardThreshold: -3.75,
  },
  'mujoco/Swimmer-v5': {
    schema: swimmerOptions,
    entryPoint: (options: SwimmerOptions) => new SwimmerEnv(options),
    maxEpisodeSteps: 1000,
    rewardThreshold: 360,
  },
  'mujoco/Walker2d-v5': {
    schema: walker2dOptions,
    entryPoint: (options: Walker2dOptions) => new Walker2dEnv(options),
    maxEpisodeSteps: 1000,
  },
};

function lakeOf<E>(id: RobotLakeId, LakeEnv: new (options: LakeOptions) => E) {
  const { stride, stepCost, maxEpisodeSteps } = robotLakeGrains[id];
  return {
    schema: lakeOptions,
    entryPoint: (options: LakeOptions) => new LakeEnv(options),
    maxEpisodeSteps,
    options: { stride, stepCost },
  };
}

/** The options of each environment in MuJoCo's physics, by its id. */
export type MujocoEnvOptionsById = {
  [Id in keyof typeof mujocoEnvs]: z.input<(typeof mujocoEnvs)[Id]['schema']>;
};
