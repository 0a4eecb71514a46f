import type { SoftLakeTask } from '../../studies/soft/lakeConditions.ts';
import { SoftOptimum } from './softOptimum.ts';

/** How finely a run solves its tasks. */
export interface SolvedFinely {
  readonly cells: number;
  readonly points: number;
}

const known = new Map<string, SoftOptimum>();

/** The soft optimum of a task, solved once. */
export function optimumOnLake(task: SoftLakeTask, { cells, points }: SolvedFinely): SoftOptimum {
  const { stride, temperature } = task;
  const key = JSON.stringify([stride, temperature, cells, points]);
  const found = known.get(key) ?? new SoftOptimum({ stride, temperature, cells, points });
  known.set(key, found);
  return found;
}
