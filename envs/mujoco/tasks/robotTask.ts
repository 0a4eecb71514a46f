import { z } from 'zod';
import type { Rng } from '../../../src/random.ts';
import { clamp } from '../../../src/spaces/box.ts';

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

/** Positions without the first `skipped`, then velocities, each in [−bound, bound]. */
export function poseAndVelocity(
  qpos: Float64Array,
  qvel: Float64Array,
  skipped: number,
  bound = Infinity,
): Float64Array {
  const poses = qpos.length - skipped;
  const observation = new Float64Array(poses + qvel.length);
  observation.set(qpos.subarray(skipped));
  for (let i = 0; i < qvel.length; i++) observation[poses + i] = clamp(qvel[i]!, -bound, bound);
  return observation;
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
