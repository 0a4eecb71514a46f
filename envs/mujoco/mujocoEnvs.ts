import type { z } from 'zod';
import { HalfCheetahEnv, type HalfCheetahOptions, halfCheetahOptions } from './tasks/halfCheetahEnv.ts';
import { HopperEnv, type HopperOptions, hopperOptions } from './tasks/hopperEnv.ts';

/** The environments in MuJoCo's physics, by id, as they are registered. */
export const mujocoEnvs = {
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
};

/** The options of each environment in MuJoCo's physics, by its id. */
export type MujocoEnvOptionsById = {
  [Id in keyof typeof mujocoEnvs]: z.input<(typeof mujocoEnvs)[Id]['schema']>;
};
