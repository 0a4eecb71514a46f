import { portableMath } from '../../../src/index.ts';
import { type HeadingPolicy, headingPolicies } from '../headingPolicies.ts';

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
  readonly policies: readonly HeadingPolicy[];
}

const TWO = ['gaussian', 'spline'] as const;

/** The stride lake at three temperatures, and shorter strides at one. What lies between is told by a Gaussian and a flow. */
export const softLakeConditions: readonly SoftLakeCondition[] = [
  { stride: 0.5, temperature: 0.02, policies: TWO },
  { stride: 0.8, temperature: 0.02, policies: TWO },
  { stride: 1.0, temperature: 0.02, policies: TWO },
  { stride: 1.3, temperature: 0.02, policies: headingPolicies },
  { stride: 1.3, temperature: 0.05, policies: TWO },
  { stride: 1.3, temperature: 0.1, policies: headingPolicies },
].map(({ policies, ...task }) => ({
  condition: `stride ${task.stride}, τ = ${task.temperature}`,
  folder: `stride-${task.stride}-tau-${task.temperature}`,
  task,
  policies,
}));

export function softLakeTask(condition: string | undefined): SoftLakeTask {
  return softLakeConditions.find((each) => each.condition === condition)!.task;
}

/** The step of the registered stride lake. */
export const STRIDE = 1.3;

/** log |A| of the circle of headings: the entropy of the uniform policy. */
export const UNIFORM_ENTROPY = portableMath.log(2 * Math.PI);
