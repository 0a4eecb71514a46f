import { z } from 'zod';
import { show } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';
import { portableMath } from '../../src/portableMath.ts';
import type { Rng } from '../../src/random.ts';
import { Box } from '../../src/spaces/box.ts';
import { RememberingEnv } from '../core/baseEnv.ts';
import type { Info, Seed } from '../core/env.ts';
import { checkOptionNames } from '../core/options.ts';
import { Drawing } from '../drawing/drawing.ts';
import { type LakeGrain, lakeGrains } from './lakeGrains.ts';
import {
  type Bank,
  bankOf,
  border,
  home,
  interpolate,
  lake,
  type Point,
  start,
  turnAboutOrigin,
  type Walk,
  walk,
} from './lakeMap.ts';

/** The land and a margin, so that a walker on the border is seen. */
const landAround = [-border - 0.1, border + 0.1] as const;

export interface LakeInfo extends Info {
  /** `'unstable'`: the physics of a robot blew up. */
  outcome: 'home' | 'drowned' | 'timeout' | 'unstable' | undefined;
  /** Signed angle that the path has turned about the lake's centre so far, radians, counter-clockwise positive. */
  windingAngle: number;
  /** The side taken, by the sign of the winding angle. */
  bank: Bank | undefined;
  /** The bank that is blocked in this episode. */
  blocked: Bank | undefined;
}

/** What the rest of a walk depends on. */
interface LakeWalkMemory {
  x: number;
  y: number;
  windingAngle: number;
  blocked: Bank | undefined;
  upperShare: number;
}

/**
 * The walk around the lake, whoever walks it: a walker in [−2, 2]² starts at (−1.5, 0) and wants home, the disc of radius 0.25 at
 * (1.5, 0). Between them lies the lake, the disc of radius 0.7 at the origin. Above and below are equally short. A subclass says how the
 * walker gets on (`travel`).
 *
 * - Observation: the position (x, y), `[2]`.
 * - Action `'velocity'`: `[2]`, its norm clipped to 1; the step is stride · velocity. Values outside the box are allowed.
 *   Action `'heading'`: `[1]`, an angle in radians (any number, modulo 2π); the step is stride · (cos, sin).
 * - Reward: 1 at home, −1 for drowning, less `stepCost` each step. There is no distance shaping: it leads into the shore. With `upperBonus` the
 *   upper bank pays that much more: to whoever crosses the line x = 0 above the lake; crossing it back costs as much, so that no way round pays twice.
 * - Terminated: home or drowned. Time runs out by `TimeLimit`, not here.
 *
 * The opponent keeps a moving average of how many past episodes went by the upper bank (an episode counts once it has turned
 * about the lake at all) and blocks the bank used more; on a tie it draws. `reset({ seed })` makes it forget.
 *
 * @throws for an unknown option or one out of range; `step` for an action that is not finite.
 */
export abstract class LakeWalkEnv extends RememberingEnv<LakeWalkMemory, Float32Array, Float32Array> {
  readonly observationSpace = new Box({ low: -border, high: border, shape: [2] });
  readonly actionSpace: Box;
  readonly stride: number;
  readonly stepCost: number;
  readonly action: LakeAction;
  readonly blocking: Blocking;
  readonly opponentRate: number;
  readonly upperBonus: number;
  protected readonly name: string;
  protected memory: LakeWalkMemory = { ...start, windingAngle: 0, blocked: undefined, upperShare: 0.5 };
  /** How often the step that is being made has crossed the line x = 0 above the lake, less how often it has crossed back. */
  #crossings = 0;

  /** @param name as errors name the env */
  constructor(name: string, options: LakeOptions) {
    super();
    const { stride, stepCost, action, blocked, opponentRate, upperBonus } = parseOptions(name, lakeOptions, options);
    this.name = name;
    this.stride = stride;
    this.stepCost = stepCost;
    this.action = action;
    this.blocking = blocked;
    this.opponentRate = opponentRate;
    this.upperBonus = upperBonus;
    this.actionSpace =
      action === 'velocity'
        ? new Box({ low: -1, high: 1, shape: [2] })
        : new Box({ low: -Math.PI, high: Math.PI, shape: [1] });
  }

  /** Makes a step of (dx, dy), at most `stride` long, by one `walkBy` or several: until the first of them that has an outcome. */
  protected abstract travel(dx: number, dy: number): Walk['outcome'];

  /** Where the walker is. */
  protected get position(): Point {
    const { x, y } = this.memory;
    return { x, y };
  }

  /** Goes straight on by (dx, dy), by `walk`. */
  protected walkBy(dx: number, dy: number): Walk['outcome'] {
    const { memory } = this;
    const { position, outcome } = walk(memory, dx, dy, memory.blocked);
    memory.windingAngle += turnAboutOrigin(memory, position);
    this.#crossings += upperCrossings(memory, position);
    [memory.x, memory.y] = [position.x, position.y];
    return outcome;
  }

  protected override reseed(seed: Seed): void {
    super.reseed(seed);
    this.memory.upperShare = 0.5;
    this.memory.windingAngle = 0;
  }

  protected begin(options: Record<string, unknown>): [Float32Array, LakeInfo] {
    checkOptionNames(`${this.name}.reset`, options, []);
    const { memory } = this;
    const used = bankOf(memory.windingAngle);
    if (used !== undefined) memory.upperShare += this.opponentRate * ((used === 'upper' ? 1 : 0) - memory.upperShare);
    const blocked = blockedSide(this.blocking, ['upper', 'lower'], memory.upperShare, this.rng);
    Object.assign(memory, start, { windingAngle: 0, blocked });
    return [this.#observation(), this.#info(undefined)];
  }

  step(action: Float32Array): [Float32Array, number, boolean, boolean, LakeInfo] {
    this.checkLength(action);
    const [dx, dy] = this.action === 'velocity' ? this.#velocityStep(action) : this.#headingStep(action);
    if (!Number.isFinite(dx) || !Number.isFinite(dy)) {
      const wanted = `${this.actionSpace.size} finite numbers (${this.action})`;
      throw new Error(`${this.name}: step() got the action ${show(action)}, expected ${wanted}`);
    }
    this.#crossings = 0;
    const outcome = this.travel(dx, dy);
    const bonus = this.upperBonus * this.#crossings;
    const reward = (outcome === 'home' ? 1 : outcome === 'drowned' ? -1 : 0) - this.stepCost + bonus;
    return [this.#observation(), reward, outcome !== undefined, false, this.#info(outcome)];
  }

  #velocityStep(action: Float32Array): [dx: number, dy: number] {
    const vx = action[0]!;
    const vy = action[1]!;
    const scale = this.stride / Math.max(1, Math.sqrt(vx * vx + vy * vy));
    return [scale * vx, scale * vy];
  }

  #headingStep(action: Float32Array): [dx: number, dy: number] {
    const angle = action[0]!;
    return [this.stride * portableMath.cos(angle), this.stride * portableMath.sin(angle)];
  }

  #observation(): Float32Array {
    return Float32Array.of(this.memory.x, this.memory.y);
  }

  #info(outcome: LakeInfo['outcome']): LakeInfo {
    const { windingAngle, blocked } = this.memory;
    return { outcome, windingAngle, bank: bankOf(windingAngle), blocked };
  }

  render(): string {
    const drawing = new Drawing({ x: landAround, y: landAround, label: 'a lake, a walker and its home' });
    const { blocked } = this.memory;
    if (blocked !== undefined) {
      const side = blocked === 'upper' ? 1 : -1;
      drawing.rect([-0.05, 0], [0.05, side * border], { fill: 'water' });
    }
    drawing
      .rect([-border, -border], [border, border], { stroke: 'line', width: 1 })
      .circle([lake.x, lake.y], lake.radius, { fill: 'water' })
      .circle([home.x, home.y], home.radius, { stroke: 'ink', width: 1, dash: '3 2' })
      .text([home.x, home.y - 0.4], 'home')
      .text([lake.x, lake.y], 'lake')
      .circle([start.x, start.y], 0.03, { fill: 'faint' });
    this.drawWalker(drawing);
    return drawing.toString();
  }

  /** Draws the walker where it is. */
  protected drawWalker(drawing: Drawing): void {
    const { x, y } = this.memory;
    drawing.circle([x, y], 0.07, { fill: 'ink' });
  }
}

/** Of a straight walk: 1 if it crosses the line x = 0 towards home above the middle, −1 if it crosses it back, else 0. */
function upperCrossings(from: Point, to: Point): number {
  if (from.x < 0 === to.x < 0) return 0;
  if (to.x < 0) return -1;
  return interpolate(from, to, from.x / (from.x - to.x)).y > 0 ? 1 : 0;
}

/**
 * The walk around the lake by a point: {@link LakeWalkEnv} says what it sees, does and gets. A step is a straight line, see `walk`: it
 * drowns if it touches the lake, it is home if it reaches home first.
 */
export class LakeEnv extends LakeWalkEnv {
  /** @throws for an unknown option or one out of range */
  constructor(options: LakeOptions = {}) {
    super('Lake', options);
  }

  protected travel(dx: number, dy: number): Walk['outcome'] {
    return this.walkBy(dx, dy);
  }
}

/**
 * The lake in fog: at the beginning of a walk the walker sees where it is and which bank is blocked, and then nothing. It has to remember the
 * bank, and to count its steps.
 *
 * - Observation: (x, y, blocked), `[3]`, blocked being 1 for the upper bank, −1 for the lower and 0 for none; after the first step 0, 0, 0.
 * - Which bank is blocked is drawn anew for each episode, unless the option `blocked` says otherwise.
 * - A step costs 0.1, so that twelve cost more than to drown: else agents learn to stand still before any walk has found home.
 *
 * Without a memory every step behind the first has the same law. If it always is the same velocity the walker goes straight on, which leads home
 * by one bank at most, whatever it has done first: at most every second walk gets there. With a memory all do, on the stride lake in three steps.
 */
export class LakeFogEnv extends LakeWalkEnv {
  override readonly observationSpace = new Box({ low: [-border, -border, -1], high: [border, border, 1] });

  /** @throws for an unknown option or one out of range */
  constructor(options: LakeOptions = {}) {
    super('LakeFog', parseOptions('LakeFog', lakeFogOptions, options));
  }

  protected travel(dx: number, dy: number): Walk['outcome'] {
    return this.walkBy(dx, dy);
  }

  protected override begin(options: Record<string, unknown>): [Float32Array, LakeInfo] {
    const [position, info] = super.begin(options);
    const { blocked } = info;
    return [Float32Array.of(...position, blocked === undefined ? 0 : blocked === 'upper' ? 1 : -1), info];
  }

  override step(action: Float32Array): [Float32Array, number, boolean, boolean, LakeInfo] {
    const [, reward, terminated, truncated, info] = super.step(action);
    return [new Float32Array(3), reward, terminated, truncated, info];
  }
}

const actionKinds = ['velocity', 'heading'] as const;
/** What an action at the lake is: a velocity, or a heading. */
export type LakeAction = (typeof actionKinds)[number];

/**
 * Which of two sides is blocked in an episode.
 * @param share how often the first side was used, a moving average
 */
export function blockedSide<Side extends string>(
  blocking: 'none' | 'hidden' | 'opponent' | Side,
  sides: readonly [Side, Side],
  share: number,
  rng: Rng,
): Side | undefined {
  if (blocking === 'none') return undefined;
  if (blocking === 'opponent' && share !== 0.5) return sides[share > 0.5 ? 0 : 1];
  if (blocking === 'opponent' || blocking === 'hidden') return sides[rng.uniform() < 0.5 ? 0 : 1];
  return blocking;
}

/** What is said of the options of an env in which one of two banks may be blocked. */
export const opponentOptions = {
  meaningOfBlocked:
    "which bank is blocked; one for good, one drawn anew for each episode ('hidden'), or the one used more so far ('opponent')",
  opponentRate: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("the opponent's memory; the weight of the newest episode in its moving average"),
};

/**
 * Which bank is blocked: none, one for good, one drawn anew for each episode (`'hidden'`), or the one used more so
 * far (`'opponent'`). No observation tells.
 */
export type Blocking = 'none' | Bank | 'hidden' | 'opponent';

export const lakeOptions = z.strictObject({
  stride: z
    .number()
    .min(0.001)
    .max(2 * border)
    .default(lakeGrains['Lake-v0'].stride)
    .describe('length of a step at full speed; the lake has radius 0.7'),
  stepCost: z
    .number()
    .min(0)
    .max(1)
    .default(lakeGrains['Lake-v0'].stepCost)
    .meta({ description: 'what is taken from the reward of every step', unit: 'reward' }),
  action: z
    .enum(actionKinds)
    .default('velocity')
    .describe('what an action is; a velocity of two numbers, or a heading, one angle in radians'),
  blocked: z
    .enum(['none', 'upper', 'lower', 'hidden', 'opponent'])
    .default('none')
    .describe(opponentOptions.meaningOfBlocked),
  upperBonus: z.number().min(0).max(10).default(0).meta({
    description:
      'what crossing the line x = 0 above the lake pays on the way home; crossing it back, above or below, costs as much',
    unit: 'reward',
  }),
  opponentRate: opponentOptions.opponentRate,
});

/** The stride lake's, with a bank that is blocked in each episode. */
export const lakeFogOptions = lakeOptions.extend({
  stride: lakeOptions.shape.stride.default(lakeGrains['LakeStride-v0'].stride),
  stepCost: lakeOptions.shape.stepCost.default(0.1),
  blocked: lakeOptions.shape.blocked.default('hidden'),
});

/** Options of an environment at the lake. */
export type LakeOptions = z.input<typeof lakeOptions>;

/** A lake as it is registered, whoever walks round it, in steps of this grain. */
export function lakeEntry<E>(Env: new (options: LakeOptions) => E, { stride, stepCost, maxEpisodeSteps }: LakeGrain) {
  const options = { stride, stepCost };
  return { schema: lakeOptions, entryPoint: (given: LakeOptions) => new Env(given), options, maxEpisodeSteps };
}
