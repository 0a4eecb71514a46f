import { groupBy } from '../experiment/groupBy.ts';
import type { CurvePoint } from './learningCurves.ts';

/** Steps of the grid. */
const GRID = 100;

/**
 * Points of which every seed of a policy has some at the same steps: as they are where that is so, else the last value of each
 * seed at a grid of steps, from where all seeds have one to where the first of them ends.
 */
export function alignSteps(points: readonly CurvePoint[]): CurvePoint[] {
  return [...groupBy(points, ({ policy }) => policy).values()].flatMap((own) => {
    const seeds = [...groupBy(own, ({ seed }) => seed).values()].map((of) => of.toSorted((a, b) => a.step - b.step));
    const steps = seeds.map((of) => of.map(({ step }) => step).join());
    return steps.every((text) => text === steps[0]) ? own : onGrid(seeds);
  });
}

function onGrid(seeds: readonly (readonly CurvePoint[])[]): CurvePoint[] {
  const first = Math.max(...seeds.map((of) => of[0]!.step));
  const end = Math.min(...seeds.map((of) => of.at(-1)!.step));
  if (end < first) return [];
  const steps = Array.from({ length: GRID + 1 }, (_, i) => Math.round(first + ((end - first) * i) / GRID));
  return seeds.flatMap((of) =>
    [...new Set(steps)].map((at) => ({ ...of.findLast(({ step }) => step <= at)!, step: at })),
  );
}
