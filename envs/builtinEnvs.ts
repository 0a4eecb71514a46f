import type { z } from 'zod';
import { AcrobotEnv, type AcrobotOptions, acrobotOptions } from './classic/acrobot.ts';
import { CartPoleEnv, type CartPoleOptions, cartPoleOptions } from './classic/cartPole.ts';
import {
  MountainCarContinuousEnv,
  MountainCarEnv,
  type MountainCarOptions,
  mountainCarOptions,
} from './classic/mountainCar.ts';
import { PendulumEnv, type PendulumOptions, pendulumOptions } from './classic/pendulum.ts';
import { LakeEnv, type LakeOptions, lakeOptions } from './lake/lakeEnv.ts';
import { type LakeId, lakeGrains } from './lake/lakeGrains.ts';
import {
  BumpBanditEnv,
  type BumpBanditOptions,
  bumpBanditOptions,
  FourCornerBanditEnv,
  type FourCornerBanditOptions,
  fourCornerBanditOptions,
  OpponentBanditEnv,
  type OpponentBanditOptions,
  opponentBanditOptions,
  SoftBanditEnv,
  type SoftBanditOptions,
  softBanditOptions,
} from './toy/bandits.ts';
import { GridworldEnv, type GridworldMap, type GridworldOptions, gridworldOptions } from './toy/gridworld.ts';
import { MultigoalEnv, type MultigoalOptions, multigoalOptions } from './toy/multigoal.ts';

/** The environments of oxbow, by id, as they are registered. */
export const builtinEnvs = {
  'Lake-v0': lakeOf('Lake-v0'),
  'LakeStride-v0': lakeOf('LakeStride-v0'),
  'Acrobot-v1': {
    schema: acrobotOptions,
    entryPoint: (options: AcrobotOptions) => new AcrobotEnv(options),
    maxEpisodeSteps: 500,
    rewardThreshold: -100,
  },
  'CartPole-v1': {
    schema: cartPoleOptions,
    entryPoint: (options: CartPoleOptions) => new CartPoleEnv(options),
    maxEpisodeSteps: 500,
    rewardThreshold: 475,
  },
  'MountainCar-v0': {
    schema: mountainCarOptions,
    entryPoint: (options: MountainCarOptions) => new MountainCarEnv(options),
    maxEpisodeSteps: 200,
    rewardThreshold: -110,
  },
  'MountainCarContinuous-v0': {
    schema: mountainCarOptions,
    entryPoint: (options: MountainCarOptions) => new MountainCarContinuousEnv(options),
    maxEpisodeSteps: 999,
    rewardThreshold: 90,
  },
  'Pendulum-v1': {
    schema: pendulumOptions,
    entryPoint: (options: PendulumOptions) => new PendulumEnv(options),
    maxEpisodeSteps: 200,
  },
  'BumpBandit-v0': {
    schema: bumpBanditOptions,
    entryPoint: (options: BumpBanditOptions) => new BumpBanditEnv(options),
  },
  'FourCornerBandit-v0': {
    schema: fourCornerBanditOptions,
    entryPoint: (options: FourCornerBanditOptions) => new FourCornerBanditEnv(options),
  },
  'GridworldTree-v0': gridworldOf('tree'),
  'GridworldSlits-v0': gridworldOf('slits'),
  'Multigoal-v0': {
    schema: multigoalOptions,
    entryPoint: (options: MultigoalOptions) => new MultigoalEnv(options),
    maxEpisodeSteps: 30,
  },
  'OpponentBandit-v0': {
    schema: opponentBanditOptions,
    entryPoint: (options: OpponentBanditOptions) => new OpponentBanditEnv(options),
  },
  'SoftBandit-v0': {
    schema: softBanditOptions,
    entryPoint: (options: SoftBanditOptions) => new SoftBanditEnv(options),
  },
};

/** The options of each environment of oxbow, by its id. */
export type EnvOptionsById = {
  [Id in keyof typeof builtinEnvs]: Named<z.input<(typeof builtinEnvs)[Id]['schema']>>;
};

/** What has a name: the type of an object without fields forbids those of any name, also in what it is joined with. */
type Named<T> = { [K in keyof T as string extends K ? never : K]: T[K] };

function lakeOf(id: LakeId) {
  const { stride, stepCost, maxEpisodeSteps } = lakeGrains[id];
  return {
    schema: lakeOptions,
    entryPoint: (options: LakeOptions) => new LakeEnv(options),
    maxEpisodeSteps,
    options: { stride, stepCost },
  };
}

function gridworldOf(map: GridworldMap) {
  return {
    schema: gridworldOptions,
    entryPoint: (options: GridworldOptions) => new GridworldEnv(options),
    maxEpisodeSteps: 100,
    options: { map },
  };
}
