import { portableMath } from '../../../src/index.ts';

/** A lake of headings at a temperature. */
export interface SoftLakeTask {
  readonly stride: number;
  readonly temperature: number;
}

/** A condition of the jobs on the lake. */
export interface SoftLakeCondition {
  readonly condition: string;
  readonly folder: string;
  readonly task: SoftLakeTask;
}

/** The stride lake at two temperatures, and shorter strides at one. */
export const softLakeConditions: readonly SoftLakeCondition[] = [
  { stride: 0.5, temperature: 0.02 },
  { stride: 0.8, temperature: 0.02 },
  { stride: 1.0, temperature: 0.02 },
  { stride: 1.3, temperature: 0.02 },
  { stride: 1.3, temperature: 0.1 },
].map((task) => ({
  condition: `stride ${task.stride}, τ = ${task.temperature}`,
  folder: `stride-${task.stride}-tau-${task.temperature}`,
  task,
}));

export function softLakeTask(condition: string | undefined): SoftLakeTask {
  return softLakeConditions.find((each) => each.condition === condition)!.task;
}

/** The step of the registered stride lake. */
export const STRIDE = 1.3;

/** log |A| of the circle of headings: the entropy of the uniform policy. */
export const UNIFORM_ENTROPY = portableMath.log(2 * Math.PI);
