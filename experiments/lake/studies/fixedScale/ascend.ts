import { type BumpTask, bumpReturnSlope } from './bumpReturn.ts';

/** Where gradient ascent on the exact return ends that begins at μ = ½, to the right of the water's middle. */
export function ascend(task: BumpTask): number {
  const variance = task.width ** 2 + task.scale ** 2;
  // A step that no curvature of J overshoots: |J″| ≤ 2 s / S³.
  const step = (variance * Math.sqrt(variance)) / (2 * task.width);
  let mean = 0.5;
  for (let i = 0; i < 20_000; i++) {
    const change = step * bumpReturnSlope(mean, task);
    mean += change;
    if (Math.abs(change) < 1e-12) break;
  }
  return mean;
}
