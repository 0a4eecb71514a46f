import { z } from 'zod';
import { parseOptions } from '../../../src/options/parse.ts';
import type { Rng } from '../../../src/random.ts';
import { clamp } from '../../../src/spaces/box.ts';
import type { Info } from '../../core/env.ts';
import { MujocoEnv, type MujocoEnvSettings, type Scored } from '../mujocoEnv.ts';

const largest = 1e6;
const amount = z.number().min(-largest).max(largest);

/** The options that several tasks have, each with its own defaults: Gymnasium's, in camelCase. */
export const taskOptions = {
  xml: z
    .string()
    .min(1)
    .optional()
    .describe("another model in place of the task's own, a text in MuJoCo's format MJCF"),
  frameSkip: (usual: number) =>
    z
      .int()
      .min(1)
      .max(10_000)
      .default(usual)
      .meta({ description: 'how many steps of physics a step makes', unit: 'steps of physics' }),
  weight: (usual: number, of: string) => amount.default(usual).describe(`weight of ${of} in the reward`),
  healthyReward: (usual: number) =>
    amount.default(usual).meta({ description: 'reward of each step in which the robot is healthy', unit: 'reward' }),
  terminateWhenUnhealthy: (usual = true) =>
    z.boolean().default(usual).describe('whether an unhealthy robot ends the episode'),
  range: (low: number, high: number, of: string) =>
    z
      .tuple([amount, amount])
      .refine(([least, most]) => least <= most, 'two numbers, the lower one first')
      .default([low, high])
      .describe(of),
  resetNoiseScale: (usual: number) =>
    z.number().min(0).max(largest).default(usual).describe('size of the random part of the start'),
  excludeCurrentPositionsFromObservation: (usual = true) =>
    z.boolean().default(usual).describe('whether observations leave out how far the robot has come'),
  include: (what: string) => z.boolean().default(true).describe(`whether observations have ${what}`),
};

interface RobotOptions {
  readonly frameSkip: number;
  readonly xml?: string | undefined;
  readonly resetNoiseScale?: number;
  readonly excludeCurrentPositionsFromObservation?: boolean;
}

/** What a {@link RobotTask} is made from beside its options. */
interface RobotSettings<S> extends Pick<MujocoEnvSettings, 'name' | 'view'> {
  readonly schema: S;
  /** Unless the options have another. */
  readonly model: string;
  /** How many positions `excludeCurrentPositionsFromObservation` leaves out. */
  readonly hidden?: number;
  /** Observed velocities are in [−bound, bound]. */
  readonly bound?: number;
  /** What a start adds to velocities; to positions it adds uniform numbers. */
  readonly startVelocity?: typeof addUniform;
}

/** A task of Gymnasium's, with its options, and the start and the observation that most have. */
export abstract class RobotTask<S extends z.ZodType<RobotOptions>> extends MujocoEnv {
  protected readonly options: z.output<S>;
  readonly #settings: RobotSettings<S>;

  constructor(settings: RobotSettings<S>, options: z.input<S>) {
    const { name, schema, model, view } = settings;
    const parsed = parseOptions(name, schema, options);
    super({ name, xml: parsed.xml ?? model, frameSkip: parsed.frameSkip, ...(view && { view }) });
    this.options = parsed;
    this.#settings = settings;
  }

  protected override placeAtStart(qpos: Float64Array, qvel: Float64Array): void {
    const { resetNoiseScale = 0 } = this.options;
    addUniform(qpos, this.rng, resetNoiseScale);
    (this.#settings.startVelocity ?? addUniform)(qvel, this.rng, resetNoiseScale);
  }

  protected override observe(): Float64Array {
    const { hidden = 0, bound = Infinity } = this.#settings;
    const positions = this.qpos.subarray(this.options.excludeCurrentPositionsFromObservation ? hidden : 0);
    return joined([positions, bound === Infinity ? this.qvel : this.qvel.map((x) => clamp(x, -bound, bound))]);
  }

  /** What infos tell of where the robot is. */
  protected place(): Info {
    return {};
  }

  protected override startInfo(): Info {
    return this.place();
  }
}

interface ForwardOptions extends RobotOptions {
  readonly forwardRewardWeight: number;
  readonly ctrlCostWeight: number;
  readonly healthyReward?: number;
  readonly terminateWhenUnhealthy?: boolean;
}

/** A task of going to the right: the velocity of a point along x is paid, and being healthy; controls cost, and contacts. */
export abstract class ForwardTask<S extends z.ZodType<ForwardOptions>> extends RobotTask<S> {
  /** Where the point was. */
  #point: readonly [x: number, y: number] = [0, 0];

  /** The point, where MuJoCo last computed it; left out where it is in `qpos`. */
  protected computedPoint?(): [x: number, y: number];

  #keepPoint(): void {
    this.#point = this.computedPoint?.() ?? [this.qpos[0]!, this.qpos[1]!];
  }

  protected isHealthy(): boolean {
    return true;
  }

  protected controlCost(action: Float32Array): number {
    return controlCost(this.options.ctrlCostWeight, action);
  }

  protected contactCost?(): number;

  protected override place(): Info {
    const [x, y] = this.qpos;
    return { xPosition: x, yPosition: y, distanceFromOrigin: Math.sqrt(x! * x! + y! * y!) };
  }

  protected override startInfo(): Info {
    this.#keepPoint();
    return super.startInfo();
  }

  protected override beforeStep(): void {
    if (!this.computedPoint) this.#keepPoint();
  }

  protected score(action: Float32Array): Scored {
    const { forwardRewardWeight, healthyReward, terminateWhenUnhealthy = false } = this.options;
    const [x, y] = this.#point;
    this.#keepPoint();
    const xVelocity = (this.#point[0] - x) / this.dt;
    const yVelocity = (this.#point[1] - y) / this.dt;
    const place = this.place();
    const isHealthy = this.isHealthy();
    const rewardForward = forwardRewardWeight * xVelocity;
    const rewardSurvive = isHealthy ? healthyReward : 0;
    const ctrlCost = this.controlCost(action);
    const contactCost = this.contactCost?.();
    const earned = rewardSurvive === undefined ? rewardForward : rewardForward + rewardSurvive;
    return {
      reward: earned - (contactCost === undefined ? ctrlCost : ctrlCost + contactCost),
      terminated: !isHealthy && terminateWhenUnhealthy,
      info: {
        ...place,
        xVelocity,
        ...('yPosition' in place && { yVelocity }),
        rewardForward,
        rewardCtrl: -ctrlCost,
        ...(contactCost !== undefined && { rewardContact: -contactCost }),
        ...(rewardSurvive !== undefined && { rewardSurvive }),
      },
    };
  }

  protected override moreState(): number[] {
    return this.computedPoint ? [...this.#point] : [];
  }

  protected override setMoreState([x = 0, y = 0]: readonly number[]): void {
    this.#point = [x, y];
  }
}

/** The arrays one after another. */
export function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Adds U(−scale, scale) to each number. */
export function addUniform(numbers: Float64Array, rng: Rng, scale: number): void {
  for (let i = 0; i < numbers.length; i++) numbers[i]! += rng.uniform(-scale, scale);
}

/** Adds scale · N(0, 1) to each number. */
export function addNormal(numbers: Float64Array, rng: Rng, scale: number): void {
  for (let i = 0; i < numbers.length; i++) numbers[i]! += scale * rng.normal();
}

/** weight · Σ a², in float32 as numpy has it. */
export function controlCost(weight: number, action: Float32Array): number {
  const squares = new Float32Array(action.length);
  for (let i = 0; i < squares.length; i++) squares[i] = action[i]! * action[i]!;
  return Math.fround(Math.fround(weight) * pairwiseSum(squares, Math.fround));
}

/** Σ x², as numpy has it. */
export function sumOfSquares(numbers: Float64Array): number {
  const squares = new Float64Array(numbers.length);
  for (let i = 0; i < squares.length; i++) squares[i] = numbers[i]! * numbers[i]!;
  return pairwiseSum(squares);
}

/**
 * The sum as numpy has it: halves of what is longer than 128 numbers; in each, eight running sums, added in pairs. Rounding depends on the
 * order, and rewards are compared.
 *
 * @param round after each addition: `Math.fround` for float32
 */
export function pairwiseSum(numbers: ArrayLike<number>, round: (x: number) => number = same): number {
  return sumOf(numbers, 0, numbers.length, round);
}

const same = (x: number) => x;
const running = new Float64Array(8);

function sumOf(numbers: ArrayLike<number>, from: number, to: number, round: (x: number) => number): number {
  const n = to - from;
  if (n > 128) {
    const half = Math.floor(n / 2);
    const middle = from + half - (half % 8);
    return round(sumOf(numbers, from, middle, round) + sumOf(numbers, middle, to, round));
  }
  let i = from;
  let sum = 0;
  if (n >= 8) {
    const r = running;
    for (let j = 0; j < 8; j++) r[j] = numbers[i++]!;
    for (; i + 8 <= to; i += 8) for (let j = 0; j < 8; j++) r[j] = round(r[j]! + numbers[i + j]!);
    const first = round(round(r[0]! + r[1]!) + round(r[2]! + r[3]!));
    sum = round(first + round(round(r[4]! + r[5]!) + round(r[6]! + r[7]!)));
  }
  for (; i < to; i++) sum = round(sum + numbers[i]!);
  return sum;
}

/** From one body to another, `[3]`, by where MuJoCo last computed them: `mjData`'s `xpos`. */
export function bodyOffset(xpos: Float64Array, from: number, to: number): [x: number, y: number, z: number] {
  const along = (axis: number) => xpos[3 * to + axis]! - xpos[3 * from + axis]!;
  return [along(0), along(1), along(2)];
}

/** The length of {@link bodyOffset}. */
export function bodyDistance(xpos: Float64Array, from: number, to: number): number {
  const [x, y, z] = bodyOffset(xpos, from, to);
  return Math.sqrt(x * x + y * y + z * z);
}
