import * as tf from '@tensorflow/tfjs-core';
import type { Walk } from '../../common/lake.ts';
import { start } from '../../envs/lake/lakeMap.ts';
import { compile, type Policy, portableMath, withDensity } from '../../src/index.ts';

/** π(velocity | start) on a square grid, row by row from the lowest vy; each row from the lowest vx. */
export interface StartDensity {
  /** The grid covers [−extent, extent]². */
  readonly extent: number;
  /** Points along one side; densities are those of cell centres. */
  readonly size: number;
  readonly density: readonly number[];
}

const EXTENT = 1.5;
const SIZE = 48;

/** The density of a policy over velocities at the start, (−1.5, 0). @throws if it has samples and no density */
export function startDensity(policy: Policy): StartDensity {
  const cells = SIZE * SIZE;
  const center = (index: number): number => -EXTENT + ((index + 0.5) * 2 * EXTENT) / SIZE;
  const velocities = new Float32Array(2 * cells);
  for (let i = 0; i < cells; i++) {
    velocities[2 * i] = center(i % SIZE);
    velocities[2 * i + 1] = center(Math.floor(i / SIZE));
  }
  const density = Array.from(logProbsAtStart(policy, velocities), (value) =>
    Number(portableMath.exp(value).toPrecision(3)),
  );
  return { extent: EXTENT, size: SIZE, density };
}

/**
 * log π(v | start) of velocities.
 * @param velocities `[count, 2]`, row by row
 * @throws if it has samples and no density
 */
export function logProbsAtStart(policy: Policy, velocities: Float32Array): Float32Array {
  const densities = withDensity('logProbsAtStart', policy);
  const count = velocities.length / 2;
  const observations = Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? start.x : start.y));
  const evaluate = compile(
    (inputs: { observations: tf.Tensor; velocities: tf.Tensor }) => {
      const distribution = densities.given(inputs.observations);
      return { logProb: distribution.logProb(distribution.unsquash(inputs.velocities)) };
    },
    { name: 'lake/log-probs-at-start', state: [densities] },
  );
  const logProbs = tf.tidy(() => {
    const { logProb } = evaluate({
      observations: tf.tensor2d(observations, [count, 2]),
      velocities: tf.tensor2d(velocities, [count, 2]),
    });
    return logProb.dataSync() as Float32Array;
  });
  evaluate.dispose();
  return logProbs;
}

/** Cells along a side of the picture, and half its side in full speeds. */
const TAKEN_SIZE = 92;
export const TAKEN_EXTENT = 1.15;
/** The rim holds what is slowed to full speed: from there to this speed, in arcs of equal angles. */
const RIM = 1.12;
const ARCS = 72;
/** How far the direction of a walk is smoothed to both sides, in arcs. */
const SMOOTH = 3;
/** A cell is split into so many along a side, to tell which of it is beyond full speed. */
const SPLIT = 4;

/**
 * The density of the first velocity as it is taken, on a square grid row by row from the lowest: up to full speed it is π's; what is
 * faster is slowed to full speed, and lies in a rim about it, spread over the rim's width, so that shades are masses in both. Of what
 * lies beyond the grid of `density` the directions are those in which the walks set out, smoothed.
 */
export function takenDensity(
  { extent, size, density }: StartDensity,
  walks: readonly Pick<Walk, 'positions'>[],
): { readonly size: number; readonly density: readonly number[] } {
  const arcs = new Float64Array(ARCS);
  const width = (2 * extent) / size;
  const part = (width / SPLIT) ** 2;
  let total = 0;
  density.forEach((value, i) => {
    total += value * width * width;
    for (let j = 0; j < SPLIT * SPLIT; j++) {
      const x = -extent + ((i % size) + ((j % SPLIT) + 0.5) / SPLIT) * width;
      const y = -extent + (Math.floor(i / size) + (Math.floor(j / SPLIT) + 0.5) / SPLIT) * width;
      if (x * x + y * y > 1) arcs[arcOf(x, y)]! += value * part;
    }
  });
  const directions = walks.filter(({ positions }) => positions.length >= 4);
  const beyond = Math.max(0, 1 - total) / Math.max(1, directions.length);
  const weights = Array.from(
    { length: 2 * SMOOTH + 1 },
    (_, i) => (SMOOTH + 1 - Math.abs(i - SMOOTH)) / (SMOOTH + 1) ** 2,
  );
  for (const { positions } of directions) {
    const [x0, y0, x1, y1] = positions as [number, number, number, number];
    const middle = arcOf(x1 - x0, y1 - y0);
    weights.forEach((weight, i) => {
      arcs[(middle + i - SMOOTH + ARCS) % ARCS]! += weight * beyond;
    });
  }
  const cell = (2 * TAKEN_EXTENT) / TAKEN_SIZE;
  const cells = Array.from({ length: TAKEN_SIZE * TAKEN_SIZE }, (_, i) => {
    const center = (index: number) => (index + 0.5) * cell - TAKEN_EXTENT;
    const [x, y] = [center(i % TAKEN_SIZE), center(Math.floor(i / TAKEN_SIZE))];
    return { x, y, speed: Math.hypot(x, y), arc: arcOf(x, y) };
  });
  const areas = new Float64Array(ARCS);
  for (const { speed, arc } of cells) if (isOfRim(speed)) areas[arc]! += cell * cell;
  const at = (v: number) => Math.min(size - 1, Math.floor((v + extent) / width));
  return {
    size: TAKEN_SIZE,
    density: cells.map(({ x, y, speed, arc }) => {
      if (isOfRim(speed)) return arcs[arc]! / areas[arc]!;
      return speed > 1 ? 0 : density[at(y) * size + at(x)]!;
    }),
  };
}

function isOfRim(speed: number): boolean {
  return speed > 1 && speed <= RIM;
}

function arcOf(x: number, y: number): number {
  return Math.min(ARCS - 1, Math.floor(((Math.atan2(y, x) + Math.PI) / (2 * Math.PI)) * ARCS));
}
