import type { z } from 'zod';
import { Box } from '../src/spaces/box.ts';
import { AcrobotEnv, acrobotOptions } from './classic/acrobot.ts';
import { CartPoleEnv, cartPoleOptions } from './classic/cartPole.ts';
import { MountainCarContinuousEnv, MountainCarEnv, mountainCarOptions } from './classic/mountainCar.ts';
import { PendulumEnv, pendulumOptions } from './classic/pendulum.ts';
import type { BaseEnv } from './core/baseEnv.ts';
import { TransformObservation } from './core/wrappers/transform.ts';
import { LakeEnv, LakeFogEnv, lakeEntry, lakeFogOptions } from './lake/lakeEnv.ts';
import { lakeGrains } from './lake/lakeGrains.ts';
import { AvoidingEnv, avoidingOptions } from './toy/avoiding.ts';
import {
  BumpBanditEnv,
  bumpBanditOptions,
  FourCornerBanditEnv,
  fourCornerBanditOptions,
  OpponentBanditEnv,
  opponentBanditOptions,
  SoftBanditEnv,
  softBanditOptions,
} from './toy/bandits.ts';
import { BitFlippingEnv, bitFlippingOptions } from './toy/bitFlipping.ts';
import { GridworldEnv, gridworldOptions } from './toy/gridworld.ts';
import { RepeatPreviousEnv, repeatPreviousOptions, TMazeEnv, tMazeOptions } from './toy/memory.ts';
import { MultigoalEnv, multigoalOptions } from './toy/multigoal.ts';
import { SparseGridEnv, sparseGridOptions } from './toy/sparseGrid.ts';

interface Limits {
  readonly maxEpisodeSteps?: number;
  /** Mean return at which the task counts as solved. */
  readonly rewardThreshold?: number;
}

/** An environment as it is registered: its class, and the schema of its options. */
export function entry<S extends z.ZodObject, E>(
  Env: new (options: z.input<S>) => E,
  schema: S,
  [maxEpisodeSteps, rewardThreshold]: readonly [steps?: number, threshold?: number] = [],
) {
  const limits: Limits = {
    ...(maxEpisodeSteps !== undefined && { maxEpisodeSteps }),
    ...(rewardThreshold !== undefined && { rewardThreshold }),
  };
  return { schema, entryPoint: (options: z.input<S>) => new Env(options), ...limits };
}

/** The environment with some numbers of its observations alone: those at these places. */
function partOf<S extends z.ZodObject>(
  Env: new (options: z.input<S>) => BaseEnv<Float32Array, number | Float32Array>,
  schema: S,
  limits: readonly [steps?: number, threshold?: number],
  places: readonly number[],
) {
  const entryPoint = (options: z.input<S>) => {
    const env = new Env(options);
    const { low, high } = env.observationSpace as Box;
    const part = (numbers: ArrayLike<number>) => Float32Array.from(places, (i) => numbers[i]!);
    return new TransformObservation(env, part, new Box({ low: part(low), high: part(high) }));
  };
  return { ...entry(Env, schema, limits), entryPoint };
}

/** The environments of oxbow, by id, as they are registered: with the steps of an episode, and the return at which it counts as solved. */
export const builtinEnvs = {
  'Lake-v0': lakeEntry(LakeEnv, lakeGrains['Lake-v0']),
  'LakeStride-v0': lakeEntry(LakeEnv, lakeGrains['LakeStride-v0']),
  'LakeFog-v0': entry(LakeFogEnv, lakeFogOptions, [lakeGrains['LakeStride-v0'].maxEpisodeSteps]),
  'Acrobot-v1': entry(AcrobotEnv, acrobotOptions, [500, -100]),
  'CartPole-v1': entry(CartPoleEnv, cartPoleOptions, [500, 475]),
  'CartPoleNoVel-v1': partOf(CartPoleEnv, cartPoleOptions, [500, 475], [0, 2]),
  'MountainCar-v0': entry(MountainCarEnv, mountainCarOptions, [200, -110]),
  'MountainCarContinuous-v0': entry(MountainCarContinuousEnv, mountainCarOptions, [999, 90]),
  'Pendulum-v1': entry(PendulumEnv, pendulumOptions, [200]),
  'PendulumNoVel-v1': partOf(PendulumEnv, pendulumOptions, [200], [0, 1]),
  'Avoiding-v0': entry(AvoidingEnv, avoidingOptions, [250]),
  'BitFlipping-v0': entry(BitFlippingEnv, bitFlippingOptions),
  'BumpBandit-v0': entry(BumpBanditEnv, bumpBanditOptions),
  'FourCornerBandit-v0': entry(FourCornerBanditEnv, fourCornerBanditOptions),
  'GridworldTree-v0': { ...entry(GridworldEnv, gridworldOptions, [100]), options: { map: 'tree' } },
  'GridworldSlits-v0': { ...entry(GridworldEnv, gridworldOptions, [100]), options: { map: 'slits' } },
  'Multigoal-v0': entry(MultigoalEnv, multigoalOptions, [30]),
  'OpponentBandit-v0': entry(OpponentBanditEnv, opponentBanditOptions),
  'RepeatPrevious-v0': entry(RepeatPreviousEnv, repeatPreviousOptions),
  'SoftBandit-v0': entry(SoftBanditEnv, softBanditOptions),
  'SparseGrid-v0': entry(SparseGridEnv, sparseGridOptions, [500]),
  'TMaze-v0': entry(TMazeEnv, tMazeOptions, [200, 3.9]),
};

/** The options of each environment of oxbow, by its id. */
export type EnvOptionsById = {
  [Id in keyof typeof builtinEnvs]: Named<z.input<(typeof builtinEnvs)[Id]['schema']>>;
};

/** What has a name: the type of an object without fields forbids those of any name, also in what it is joined with. */
type Named<T> = { [K in keyof T as string extends K ? never : K]: T[K] };
