import { lakeMap } from '../../../envs/index.ts';
import { type BestWrappedNormal, bestWrappedNormal } from '../truth/bestWrappedNormal.ts';
import { type OptimalPolicy, SoftOptimum } from '../truth/softOptimum.ts';
import type { SoftLakeTask } from './lakeConditions.ts';

/** What is known of a task beforehand: the soft optimum at the start, and the Gaussian nearest to it. */
export interface BestOnLake {
  readonly optimal: OptimalPolicy;
  readonly best: BestWrappedNormal;
}

const POINTS = 360;
const known = new Map<string, BestOnLake>();

/** Computed once for each task. */
export function bestOnLake(
  task: SoftLakeTask,
  { cells, points }: { readonly cells: number; readonly points: number },
): BestOnLake {
  const key = JSON.stringify([task.stride, task.temperature, cells, points]);
  const found = known.get(key);
  if (found !== undefined) return found;
  const optimal = new SoftOptimum({ ...task, cells, points }).policyAt(lakeMap.start, POINTS);
  const computed = { optimal, best: bestWrappedNormal(optimal) };
  known.set(key, computed);
  return computed;
}
