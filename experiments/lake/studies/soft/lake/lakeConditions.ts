import { type HeadingPolicy, headingPolicies, type SoftLakeTask } from '../../../../../agents/lake.ts';
import { sacPolicies } from '../../../headings/softSacTraining.ts';
import { conditionLabel } from '../../../shared/conditionLabel.ts';

/** A condition of the jobs on the lake. */
export interface SoftLakeCondition {
  readonly key: string;
  readonly task: SoftLakeTask;
  readonly learner: 'PPO' | 'SAC';
  readonly policies: readonly HeadingPolicy[];
}

/** A task, and the policies that are trained at it. */
export type SharedTask = SoftLakeTask & Pick<SoftLakeCondition, 'policies'>;

const TWO = ['gaussian', 'spline'] as const;

/** The stride lake at three temperatures, and shorter strides at one. What lies between is told by a Gaussian and a flow. */
export const everySoftLakeTask: readonly SharedTask[] = [
  { stride: 0.5, temperature: 0.02, policies: TWO },
  { stride: 0.8, temperature: 0.02, policies: TWO },
  { stride: 1.0, temperature: 0.02, policies: TWO },
  { stride: 1.3, temperature: 0.02, policies: headingPolicies },
  { stride: 1.3, temperature: 0.05, policies: TWO },
  { stride: 1.3, temperature: 0.1, policies: headingPolicies },
];

/** Those of a run with few seeds: the ends of what is asked. */
export const softLakeTasks = everySoftLakeTask.filter(
  ({ stride, temperature }) => stride !== 1 && temperature !== 0.05,
);

/** What SAC trains at, where it trains at all: the task at which a flow by PPO keeps both banks. */
const SAC_TASK: SoftLakeTask = { stride: 1.3, temperature: 0.1 };

/** The key of a task. */
export function taskKey({ stride, temperature }: SoftLakeTask): string {
  return `stride-${stride}-tau-${temperature}`;
}

/** A task in a few words. */
export function describeTask(task: SoftLakeTask): string {
  return conditionLabel(taskKey(task));
}

/** The settings that conditions depend on. */
interface Conditions {
  readonly lake: { readonly tasks: readonly SharedTask[] };
  readonly sac: { readonly steps: number };
}

/** The conditions of a run: its tasks by PPO, and one of them by SAC, if that has any steps. */
export function softLakeConditions({ lake, sac }: Conditions): SoftLakeCondition[] {
  const byPpo = lake.tasks.map(
    ({ policies, ...task }): SoftLakeCondition => ({ key: taskKey(task), task, learner: 'PPO', policies }),
  );
  if (sac.steps === 0) return byPpo;
  const bySac: SoftLakeCondition = {
    key: `sac-${taskKey(SAC_TASK)}`,
    task: SAC_TASK,
    learner: 'SAC',
    policies: Object.keys(sacPolicies) as HeadingPolicy[],
  };
  return [...byPpo, bySac];
}

/** A condition that a run has. */
export function softLakeCondition(condition: string | undefined, of: Conditions): SoftLakeCondition {
  return softLakeConditions(of).find(({ key }) => key === condition)!;
}

/** The temperature at which strides are compared, the lowest. */
export const COLD = 0.02;
