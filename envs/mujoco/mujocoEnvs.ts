import type { z } from 'zod';
import { type RobotLakeId, robotLakeGrains } from '../lake/grains.ts';
import { type LakeOptions, lakeOptions } from '../lake/lakeOptions.ts';
import { PointLakeEnv } from './lake/pointLakeEnv.ts';
import { AntEnv, type AntOptions, antOptions } from './tasks/antEnv.ts';
import { HalfCheetahEnv, type HalfCheetahOptions, halfCheetahOptions } from './tasks/halfCheetahEnv.ts';
import { HopperEnv, type HopperOptions, hopperOptions } from './tasks/hopperEnv.ts';
import { HumanoidEnv, type HumanoidOptions, humanoidOptions } from './tasks/humanoidEnv.ts';
import { HumanoidStandupEnv, type HumanoidStandupOptions, humanoidStandupOptions } from './tasks/humanoidStandupEnv.ts';

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
  'mujoco/PointLake-v0': lakeOf('mujoco/PointLake-v0', PointLakeEnv),
  'mujoco/PointLakeStride-v0': lakeOf('mujoco/PointLakeStride-v0', PointLakeEnv),
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
