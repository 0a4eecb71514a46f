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

/** A task, and the policies that are trained at it. */
export type SharedTask = SoftLakeTask & Pick<SoftLakeCondition, 'policies'>;

const TWO = ['gaussian', 'spline'] as const;

/** The stride lake at three temperatures, and shorter strides at one. What lies between is told by a Gaussian and a flow. */
export const softLakeTasks: readonly SharedTask[] = [
  { stride: 0.5, temperature: 0.02, policies: TWO },
  { stride: 0.8, temperature: 0.02, policies: TWO },
  { stride: 1.0, temperature: 0.02, policies: TWO },
  { stride: 1.3, temperature: 0.02, policies: headingPolicies },
  { stride: 1.3, temperature: 0.05, policies: TWO },
  { stride: 1.3, temperature: 0.1, policies: headingPolicies },
];

/** The tasks of a run as conditions of its jobs. */
export function softLakeConditions({ tasks }: { readonly tasks: readonly SharedTask[] }): SoftLakeCondition[] {
  return tasks.map(({ policies, ...task }) => ({
    condition: `stride ${task.stride}, τ = ${task.temperature}`,
    folder: `stride-${task.stride}-tau-${task.temperature}`,
    task,
    policies,
  }));
}

/** The task of a condition that a run has. */
export function softLakeTask(
  condition: string | undefined,
  of: { readonly tasks: readonly SharedTask[] },
): SoftLakeTask {
  return softLakeConditions(of).find((each) => each.condition === condition)!.task;
}

/** The step of the registered stride lake. */
export const STRIDE = 1.3;

/** log |A| of the circle of headings: the entropy of the uniform policy. */
export const UNIFORM_ENTROPY = portableMath.log(2 * Math.PI);
