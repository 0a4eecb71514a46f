import type { z } from 'zod';
import { entry } from '../builtinEnvs.ts';
import { BipedalWalkerEnv, bipedalWalkerOptions } from './bipedalWalkerEnv.ts';
import { CarRacingEnv, carRacingOptions } from './carRacingEnv.ts';
import { LunarLanderEnv, lunarLanderOptions } from './lunarLanderEnv.ts';

const lunarLander = entry(LunarLanderEnv, lunarLanderOptions, [1000, 200]);

/** The environments in Box2D's physics, by id, as they are registered. */
export const box2dEnvs = {
  'box2d/BipedalWalker-v3': entry(BipedalWalkerEnv, bipedalWalkerOptions, [1600, 300]),
  'box2d/BipedalWalkerHardcore-v3': {
    ...entry(BipedalWalkerEnv, bipedalWalkerOptions, [2000, 300]),
    options: { hardcore: true },
  },
  'box2d/CarRacing-v3': entry(CarRacingEnv, carRacingOptions, [1000, 900]),
  'box2d/LunarLander-v3': lunarLander,
  'box2d/LunarLanderContinuous-v3': { ...lunarLander, options: { continuous: true } },
};

/** The options of each environment in Box2D's physics, by its id. */
export type Box2dEnvOptionsById = {
  [Id in keyof typeof box2dEnvs]: z.input<(typeof box2dEnvs)[Id]['schema']>;
};
