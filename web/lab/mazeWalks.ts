import stored from './mazeWalks.json' with { type: 'json' };

/** A walk: x and y of one place after another, in cells from the maze's corner. */
export interface MazeWalk {
  arrives: boolean;
  readonly places: number[];
}

/** How a policy acts: by samples, at a temperature of 0.25, the same of noise that is held for 20 steps, by its mode. */
export type MazeRule = 'sample' | 'cool' | 'coolHold' | 'mode';

/** A cloned policy, by each rule: the shares of walks that get to each goal, and some of them. */
export interface MazeSide {
  readonly policy: string;
  readonly label: string;
  readonly rules: {
    readonly [rule in MazeRule]: {
      readonly shares: readonly number[];
      readonly walks: readonly (readonly MazeWalk[])[];
    };
  };
}

/** What the page of the maze shows. */
export interface MazeWalks {
  /** Row by row: '#' is a wall. */
  readonly map: readonly string[];
  /** From a cell to a cell, each by its row and its column. */
  readonly tasks: readonly (readonly [start: readonly [number, number], goal: readonly [number, number]])[];
  /** Steps between two places of a walk. */
  readonly stride: number;
  readonly sides: readonly MazeSide[];
}

export const mazeWalks = stored as unknown as MazeWalks;

/** Steps of the longest walk there is. */
export const MOST_STEPS = 1000;

/** The places of a walk in its first steps, as an SVG line; `y` points down in a picture, and up in the maze. */
export function lineOf(
  { places }: MazeWalk,
  steps: number,
  { map, stride }: Pick<MazeWalks, 'map' | 'stride'>,
): string {
  const shown = Math.min(places.length / 2, 1 + Math.floor(steps / stride));
  return Array.from(
    { length: shown },
    (_, i) => `${places[2 * i]},${(map.length - places[2 * i + 1]!).toFixed(2)}`,
  ).join(' ');
}

/** Whether a walk has come to its end within some steps. */
export function hasEnded({ places }: MazeWalk, steps: number, { stride }: Pick<MazeWalks, 'stride'>): boolean {
  return places.length / 2 <= 1 + Math.floor(steps / stride);
}
