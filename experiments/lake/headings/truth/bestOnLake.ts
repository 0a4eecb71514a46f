import { lakeMap } from '../../../../envs/index.ts';
import type { Point } from '../../../../envs/lake/geometry.ts';
import type { SoftLakeTask } from '../../studies/soft/lakeConditions.ts';
import { type BestWrappedNormal, bestWrappedNormal } from './bestWrappedNormal.ts';
import { optimumOnLake, type SolvedFinely } from './optimumOnLake.ts';
import type { OptimalPolicy } from './softOptimum.ts';

/** What is known of a task beforehand: the soft optimum at a place, and the Gaussian nearest to it. */
export interface BestOnLake {
  readonly optimal: OptimalPolicy;
  readonly best: BestWrappedNormal;
}

const POINTS = 360;
const known = new Map<string, BestOnLake>();

/** Computed once for each task and place, by default the start. */
export function bestOnLake(task: SoftLakeTask, fineness: SolvedFinely, place: Point = lakeMap.start): BestOnLake {
  const { cells, points } = fineness;
  const key = JSON.stringify([task.stride, task.temperature, cells, points, place.x, place.y]);
  const found = known.get(key);
  if (found !== undefined) return found;
  const optimal = optimumOnLake(task, fineness).policyAt(place, POINTS);
  const computed = { optimal, best: bestWrappedNormal(optimal) };
  known.set(key, computed);
  return computed;
}
