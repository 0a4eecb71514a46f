import type { Rng } from '../../src/random.ts';
import { SCALE, VIEW } from './world.ts';

/** From one point of the ground to the next, m. */
export const terrainStep = 14 / SCALE;
/** How many points the ground has. */
export const terrainLength = 200;
export const terrainHeight = VIEW.height / 4;
/** So many steps at the beginning are flat. */
export const startPad = 20;
/** So many, less one, is the longest stretch of grass between two obstacles. */
export const grass = 10;

type Corner = readonly [x: number, y: number];

/** The ground of an episode. */
export interface Terrain {
  /** How high it is at the multiples of {@link terrainStep}. */
  readonly heights: readonly number[];
  /** The corners of what stands on it: sides of pits, stumps, steps of stairs. */
  readonly blocks: readonly (readonly Corner[])[];
}

/** A rectangle whose corners are so many steps right of and above the point. */
function block([x, y]: Corner, left: number, right: number, bottom: number, top: number): Corner[] {
  const at = (i: number, j: number): Corner => [x + i * terrainStep, y + j * terrainStep];
  return [at(left, top), at(right, top), at(right, bottom), at(left, bottom)];
}

/** What the ground may be; with `hardcore` one of the others begins where grass ends. */
const kinds = ['grass', 'stump', 'stairs', 'pit'] as const;

/** Draws a ground as Gymnasium does: grass that goes up and down a little, and with `hardcore` obstacles. */
export function bipedalTerrain(rng: Pick<Rng, 'uniform' | 'integer'>, hardcore: boolean): Terrain {
  const heights: number[] = [];
  const blocks: Corner[][] = [];
  let kind: (typeof kinds)[number] = 'grass';
  /** Whether this is the first point of its kind. */
  let begins = false;
  /** Points until the next kind. */
  let left = startPad;
  let y = terrainHeight;
  let velocity = 0;
  /** Where the obstacle begins. */
  let base = 0;
  const stairs = { count: 0, width: 0, rise: 0 };
  for (let i = 0; i < terrainLength; i++) {
    const corner: Corner = [i * terrainStep, y];
    if (kind === 'grass' && !begins) {
      velocity = 0.8 * velocity + 0.01 * Math.sign(terrainHeight - y);
      if (i > startPad) velocity += rng.uniform(-1, 1) / SCALE;
      y += velocity;
    } else if (kind === 'pit' && begins) {
      left = rng.integer(3, 5);
      for (const from of [0, left]) blocks.push(block(corner, from, from + 1, -4, 0));
      left += 2;
      base = y;
    } else if (kind === 'pit') {
      y = left > 1 ? base - 4 * terrainStep : base;
    } else if (kind === 'stump' && begins) {
      left = rng.integer(1, 3);
      blocks.push(block(corner, 0, left, 0, left));
    } else if (kind === 'stairs' && begins) {
      stairs.rise = rng.uniform() > 0.5 ? 1 : -1;
      stairs.width = rng.integer(4, 5);
      stairs.count = rng.integer(3, 5);
      base = y;
      for (let s = 0; s < stairs.count; s++) {
        const top = s * stairs.rise;
        blocks.push(block(corner, s * stairs.width, (s + 1) * stairs.width, top - 1, top));
      }
      left = stairs.count * stairs.width;
    } else if (kind === 'stairs') {
      const s = stairs.count * stairs.width - left - stairs.rise;
      y = base + (s / stairs.width) * stairs.rise * terrainStep;
    }
    begins = false;
    heights.push(y);
    left--;
    if (left === 0) {
      left = rng.integer(grass / 2, grass);
      kind = kind === 'grass' && hardcore ? kinds[rng.integer(1, kinds.length)]! : 'grass';
      begins = true;
    }
  }
  return { heights, blocks };
}
