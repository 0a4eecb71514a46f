import { z } from 'zod';
import { show } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { portableMath } from '../../src/portableMath.ts';
import { Rng } from '../../src/random.ts';
import type { Env, EpisodeScript, ScriptedEpisode } from '../core/env.ts';
import { make } from '../core/registry.ts';
import { type LakeAction, type LakeInfo, lakeOptions } from './lakeEnv.ts';
import { type AnyLakeId, allLakeGrains } from './lakeGrains.ts';
import { type Bank, home, lake, type Point, touchDisc } from './lakeMap.ts';

const demonstrationPaths = ['shortest', 'rightAngle'] as const;
/** `'shortest'`: the shortest path. `'rightAngle'`: first off the axis at a right angle, then the shortest path. */
export type DemonstrationPath = (typeof demonstrationPaths)[number];

/** Standard deviation of the usual noise on each component of the velocity. */
export const demonstrationNoise = 0.1;
/** A demonstrator keeps between these two from the shore, in units of the grain's margin. */
export const marginRange = [0.7, 1.3] as const;

export const lakeDemonstratorOptions = z.strictObject({
  upperShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('share of the walks that go by the upper bank, exact up to rounding'),
  noise: z
    .number()
    .nonnegative()
    .default(demonstrationNoise)
    .describe('standard deviation of the normal noise on each component of the velocity, whose length is 1'),
  path: z
    .enum(demonstrationPaths)
    .default('shortest')
    .describe("the way round; 'shortest', or 'rightAngle', first off the axis at a right angle, then the shortest"),
  failures: z
    .boolean()
    .default(false)
    .describe('whether walks are kept that do not get home; else another by the same bank takes the place of each'),
});

/** Of a lake, or one with a robot, which is loaded (`loadEnv`). */
const ofLake = {
  envId: z.enum(Object.keys(allLakeGrains) as AnyLakeId[]).describe('the lake, by the id of its environment'),
  action: lakeOptions.shape.action,
};

/** `episodes` successful walks. */
const demonstrationOptions = lakeDemonstratorOptions
  .omit({ failures: true })
  .extend({ ...ofLake, episodes: z.int().positive(), rng: z.instanceof(Rng) });

/** One walk of {@link Demonstrations}. */
interface DemonstrationEpisode {
  bank: Bank;
  /** The walk's first row. */
  offset: number;
  /** How many rows it has. */
  length: number;
  return: number;
}

/** Walks to the goal, row after row. */
export interface Demonstrations {
  /** `[rows, 2]`: positions. */
  observations: Float32Array;
  /** `[rows, 2]` velocities as commanded, their norm not clipped, or `[rows, 1]` headings in (−π, π]. */
  actions: Float32Array;
  episodes: DemonstrationEpisode[];
  /** Walks that were thrown away since they did not get home. */
  rejected: number;
}

/**
 * The unit vector of the shortest path home from `position` that keeps `radius` away from the lake's centre: straight home when
 * that is free, else along the tangent to the circle of that radius, which on the circle is the way along it. Inside the circle,
 * the circle through the position takes its place.
 */
export function shortestPathDirection(position: Point, radius: number, bank: Bank): Point {
  const distance = Math.sqrt(position.x * position.x + position.y * position.y);
  const circle = { ...lake, radius: Math.min(radius, distance) * (1 - 1e-9) };
  if (touchDisc(position, home, circle) === Infinity) {
    const [x, y] = [home.x - position.x, home.y - position.y];
    const length = Math.sqrt(x * x + y * y);
    return { x: x / length, y: y / length };
  }
  // Towards the centre, turned by the angle between it and the tangent.
  const sine = (bank === 'upper' ? 1 : -1) * (circle.radius / distance);
  const cosine = Math.sqrt((1 - sine) * (1 + sine));
  const [x, y] = [-position.x / distance, -position.y / distance];
  return { x: x * cosine - y * sine, y: x * sine + y * cosine };
}

/** How one demonstrator walks. */
interface DemonstratedWalk {
  readonly bank: Bank;
  /** Of the circle about the lake that it keeps to. */
  readonly radius: number;
  readonly path: DemonstrationPath;
  /** Standard deviation of the noise on each component of the velocity. */
  readonly noise: number;
  /** What an action is. */
  readonly action: LakeAction;
  readonly rng: Rng;
}

/** What a demonstrator does where it is, noise and all, from the start of its walk on: position → velocity, or heading in (−π, π]. */
function demonstrator({
  bank,
  radius,
  path,
  noise,
  action,
  rng,
}: DemonstratedWalk): (position: Float32Array) => Float32Array {
  const side = bank === 'upper' ? 1 : -1;
  let leaving = path === 'rightAngle';
  return ([x, y]: Float32Array) => {
    const position = { x: x!, y: y! };
    leaving &&= side * position.y < radius;
    const direction = leaving ? { x: 0, y: side } : shortestPathDirection(position, radius, bank);
    const vx = rng.normal(direction.x, noise);
    const vy = rng.normal(direction.y, noise);
    return Float32Array.from(action === 'velocity' ? [vx, vy] : [portableMath.atan2(vy, vx)]);
  };
}

/** The radius of a demonstrator's circle: lake radius + margin · U(0.7, 1.3). */
function demonstratedRadius(envId: AnyLakeId, rng: Rng): number {
  return lake.radius + allLakeGrains[envId].margin * rng.uniform(...marginRange);
}

/** One walk in the env itself. */
function demonstrate(env: Env<Float32Array, Float32Array>, walk: DemonstratedWalk) {
  const recorded = {
    observations: [] as number[],
    actions: [] as number[],
    return: 0,
    outcome: undefined as LakeInfo['outcome'],
  };
  const act = demonstrator(walk);
  let [observation] = env.reset();
  for (let ended = false; !ended; ) {
    const action = act(observation);
    recorded.observations.push(...observation);
    recorded.actions.push(...action);
    const [next, reward, terminated, truncated, info] = env.step(action);
    recorded.return += reward;
    recorded.outcome = info.outcome as LakeInfo['outcome'];
    observation = next;
    ended = terminated || truncated;
  }
  return recorded;
}

/** `count` banks in random order, of which round(upperShare · count) are the upper one. */
function drawBanks(count: number, upperShare: number, rng: Rng): Bank[] {
  const upper = Math.round(upperShare * count);
  return Array.from(rng.permutation(count), (i) => (i < upper ? 'upper' : 'lower'));
}

/**
 * Walks of scripted demonstrators: from the start along the tangent to a circle about the lake, along the circle, straight
 * home, at full speed, with normal noise on the commanded velocity. The circle's radius is drawn for each walk: lake radius +
 * margin · U(0.7, 1.3), the margin that of the env's grain. At the start axis the velocities of the two banks differ while
 * the position does not, which no unimodal policy can represent.
 *
 * Only walks that get home are kept, another of the same bank replaces each that does not; `rejected` counts them.
 *
 * @throws for an option out of range, or when fewer than one walk in ten gets home.
 */
export function collectDemonstrations(options: z.input<typeof demonstrationOptions>): Demonstrations {
  const owner = 'collectDemonstrations';
  const parsed = parseOptions(owner, demonstrationOptions, options);
  const { envId, episodes, rng, action, upperShare, path, noise } = parsed;
  const env = make<Float32Array, Float32Array>(envId, { action });
  env.reset({ seed: rng.split('env').integer(0, 2 ** 31) });
  const walks = rng.split('walks');
  const observations: number[] = [];
  const actions: number[] = [];
  const collected: DemonstrationEpisode[] = [];
  let rejected = 0;
  for (const bank of drawBanks(episodes, upperShare, rng.split('banks'))) {
    for (;;) {
      const radius = demonstratedRadius(envId, walks);
      const recorded = demonstrate(env, { bank, radius, path, noise, action, rng: walks });
      if (recorded.outcome === 'home') {
        const offset = observations.length / 2;
        collected.push({ bank, offset, length: recorded.observations.length / 2, return: recorded.return });
        observations.push(...recorded.observations);
        actions.push(...recorded.actions);
        break;
      }
      rejected++;
      if (rejected > 9 * episodes + 90) {
        throw new Error(
          `${owner}: only ${collected.length} walks got home and ${rejected} did not, noise ${show(noise)}`,
        );
      }
    }
  }
  env.close();
  return {
    observations: Float32Array.from(observations),
    actions: Float32Array.from(actions),
    episodes: collected,
    rejected,
  };
}

const scriptedOptions = lakeDemonstratorOptions.extend(ofLake);
/** Options of {@link LakeDemonstrators}. */
export type LakeDemonstratorsOptions = z.input<typeof scriptedOptions>;

/**
 * The scripted walkers of `collectDemonstrations` for whoever plays episodes, as `collectEpisodes` does. Unless `failures` are kept, a walk
 * that does not get home is played again, by the same bank.
 *
 * Velocities are not clipped to [−1, 1]. Of longer ones the lake takes the direction. A clip would turn them, and give many noisy ones the
 * same number 1, which has no density.
 *
 * @example
 * collectEpisodes({ policy: new LakeDemonstrators({ envId: 'LakeStride-v0', upperShare: 0.4 }), env: 'LakeStride-v0', episodes: 100 });
 */
export class LakeDemonstrators implements EpisodeScript {
  readonly envId: AnyLakeId;
  readonly action: LakeAction;
  /** With the defaults of what is not given. */
  readonly options: Readonly<z.output<typeof lakeDemonstratorOptions>>;

  /** @throws if the environment is no lake, or for an unknown option or one out of range */
  constructor(options: LakeDemonstratorsOptions) {
    const { envId, action, ...rest } = parseOptions('LakeDemonstrators', scriptedOptions, options);
    this.envId = envId;
    this.action = action;
    this.options = rest;
  }

  plans(episodes: number, rng: Rng): (number: number, rng: Rng) => ScriptedEpisode {
    const { envId, action } = this;
    const { upperShare, noise, path, failures } = this.options;
    const banks = drawBanks(episodes, upperShare, rng);
    return (number, own) => {
      const radius = demonstratedRadius(envId, own);
      const act = demonstrator({ bank: banks[number]!, radius, path, noise, action, rng: own });
      return { act, keeps: ({ outcome }) => failures || outcome === 'home' };
    };
  }
}
