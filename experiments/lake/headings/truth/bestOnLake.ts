import type { SoftLakeTask } from '../../../../agents/lake.ts';
import { lakeMap } from '../../../../envs/index.ts';
import type { Point } from '../../../../envs/lake/lakeMap.ts';
import { type OptimalPolicy, SoftOptimum } from '../../../../envs/lake/softOptimum.ts';
import { type BestWrappedNormal, bestWrappedNormal } from './bestWrappedNormal.ts';

/** How finely a run solves its tasks. */
export interface SolvedFinely {
  readonly cells: number;
  readonly points: number;
}

/** What is known of a task beforehand: the soft optimum at a place, and the Gaussian nearest to it. */
export interface BestOnLake {
  readonly optimal: OptimalPolicy;
  readonly best: BestWrappedNormal;
}

/** Headings at a place. */
const POINTS = 360;

const optima = new Map<string, SoftOptimum>();
const places = new Map<string, BestOnLake>();

/** Computed once for each task and place, by default the start. */
export function bestOnLake(task: SoftLakeTask, fineness: SolvedFinely, place: Point = lakeMap.start): BestOnLake {
  const { cells, points } = fineness;
  const key = JSON.stringify([task.stride, task.temperature, cells, points, place.x, place.y]);
  const found = places.get(key);
  if (found !== undefined) return found;
  const optimal = optimumOnLake(task, fineness).policyAt(place, POINTS);
  const computed = { optimal, best: bestWrappedNormal(optimal) };
  places.set(key, computed);
  return computed;
}

/** The soft optimum of a task, solved once. */
export function optimumOnLake(task: SoftLakeTask, { cells, points }: SolvedFinely): SoftOptimum {
  const { stride, temperature } = task;
  const key = JSON.stringify([stride, temperature, cells, points]);
  const found = optima.get(key) ?? new SoftOptimum({ stride, temperature, cells, points });
  optima.set(key, found);
  return found;
}
