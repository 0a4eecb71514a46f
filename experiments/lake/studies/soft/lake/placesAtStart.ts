import { lakeMap } from '../../../../../envs/index.ts';
import type { Point } from '../../../../../envs/lake/lakeMap.ts';

/** Places, and lengths from one to the next. */
const ALONG = { count: 16, apart: 0.05 };
/** The same on each side of the axis. */
const ACROSS = { count: 10, apart: 0.1 };

const { start } = lakeMap;

/** From the start to just before the shore, on the axis through the lake's middle and home. */
export const placesAlongAxis: readonly Point[] = Array.from({ length: ALONG.count }, (_, i) => ({
  x: start.x + i * ALONG.apart,
  y: start.y,
}));

/** Across the axis at the start, from the lower side to the upper one. */
export const placesAcrossAxis: readonly Point[] = Array.from({ length: 2 * ACROSS.count + 1 }, (_, i) => ({
  x: start.x,
  y: start.y + (i - ACROSS.count) * ACROSS.apart,
}));

/** The places about the start where policies are measured: those along the axis, then those across it. */
export const placesAtStart: readonly Point[] = [...placesAlongAxis, ...placesAcrossAxis];
