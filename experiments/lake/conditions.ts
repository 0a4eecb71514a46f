import {
  type Demonstrators,
  evenly,
  type HeadingPolicy,
  headingPolicies,
  type PolicyName,
  type SoftLakeTask,
} from '../../common/lake.ts';
import type { AnyLakeId, LakeId } from '../../envs/index.ts';
import { type BanditPolicy, type BanditTask, banditPolicies } from './bandit.ts';
import { conditionLabel } from './labels.ts';
import { sacPolicies } from './softTrainings.ts';

/** The studies of the lake by name, with the codes under which they were planned and are reported. */
export const studyCodes = {
  ppo: 'E0',
  cloning: 'E1',
  soft: 'E2',
  blocked: 'E3',
  opponent: 'E4',
  'fixed-scale': 'E5',
  annealing: 'E6',
  'other-ways': 'E7',
  arrival: 'E0b',
  regret: 'E2b',
} as const;

export type StudyName = keyof typeof studyCodes;

/** The lakes as a sentence has them. */
export const lakeNames: Readonly<Record<string, string>> = {
  'Lake-v0': 'fine lake',
  'LakeStride-v0': 'stride lake',
  'mujoco/PointLake-v0': 'fine lake of the ball',
  'mujoco/PointLakeStride-v0': 'stride lake of the ball',
  'mujoco/AntLake-v0': 'fine lake of the ant',
  'mujoco/AntLakeStride-v0': 'stride lake of the ant',
} satisfies Record<AnyLakeId, string>;

/** The lakes, and how fine their grain is. */
export const FINE = 'Lake-v0';
export const STRIDE = 'LakeStride-v0';
export const GRAIN: Readonly<Record<string, string>> = {
  ...lakeNames,
  [FINE]: `${lakeNames[FINE]}, strides of 0.15`,
  [STRIDE]: `${lakeNames[STRIDE]}, strides of 1.3`,
};
/** Where one decision is made between the banks. */
export const STRIDES: readonly string[] = [
  STRIDE,
  'mujoco/PointLakeStride-v0',
  'mujoco/AntLakeStride-v0',
] satisfies AnyLakeId[];

/** Demonstrators other than the usual ones, of which half are on each bank, and where they are cloned. */
interface CloningCondition extends Demonstrators {
  readonly key: string;
  readonly env: LakeId;
}

/**
 * From the majority to agreement on the stride lake, where a Gaussian drowns most; and on the fine lake, where many small steps let the
 * position tell the side, demonstrators who leave the axis at once.
 */
export const conditions: readonly CloningCondition[] = [
  { key: 'share-90', env: STRIDE, upperShare: 0.9, path: 'shortest' },
  { key: 'share-100', env: STRIDE, upperShare: 1, path: 'shortest' },
  { key: 'right-angles', env: FINE, upperShare: 0.5, path: 'rightAngle' },
];

/** What the demonstrators of a job do: without a condition, the usual. */
export function demonstratorsOf(condition: string | undefined): Demonstrators {
  return condition === undefined ? evenly : conditions.find(({ key }) => key === condition)!;
}

/** With which the others are compared. */
export const GAUSSIAN = 'gaussian';
/** The policies that are cloned from other demonstrators: a Gaussian, a mixture and a flow tell what there is to tell. */
export const OF_CONDITIONS: readonly PolicyName[] = [GAUSSIAN, 'mixture-2', 'spline'];

/** A condition of the bandit's jobs. */
interface BanditCondition {
  readonly key: string;
  readonly task: BanditTask;
  readonly policies: readonly BanditPolicy[];
}

const TEMPERATURES = [0.02, 0.05, 0.12, 0.15, 0.3, 0.5];

/** With the penalty a Gaussian at each temperature, and one flow at some, tell what there is to tell. */
export const banditConditions: readonly BanditCondition[] = [
  ...TEMPERATURES.map((temperature) => ({
    key: `tau-${temperature}`,
    task: { temperature, penalty: 0 },
    policies: banditPolicies,
  })),
  ...TEMPERATURES.map((temperature) => ({
    key: `tau-${temperature}-penalty`,
    task: { temperature, penalty: 1 },
    policies: [0.05, 0.15, 0.5].includes(temperature) ? (['gaussian', 'spline'] as const) : (['gaussian'] as const),
  })),
];

/** The task of a job or row of the bandit's part. */
export function taskOf(condition: string | undefined): BanditTask {
  return banditConditions.find(({ key }) => key === condition)!.task;
}

/** A condition of the jobs on the lake. */
export interface SoftLakeCondition {
  readonly key: string;
  readonly task: SoftLakeTask;
  readonly learner: 'PPO' | 'SAC';
  readonly policies: readonly HeadingPolicy[];
}

/** A task, and the policies that are trained at it. */
type SharedTask = SoftLakeTask & Pick<SoftLakeCondition, 'policies'>;

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

/** How the temperature goes: with E2's schedule, or at its last value from the start. */
export type TemperatureKind = 'annealed' | 'constant';

/** A condition of a job of the study. */
interface AnnealingCondition {
  readonly key: string;
  readonly temperature: number;
  readonly kind: TemperatureKind;
}

export const annealingTemperatures = [0.02, 0.05, 0.15] as const;

export const annealingConditions: readonly AnnealingCondition[] = annealingTemperatures.flatMap((temperature) =>
  (['annealed', 'constant'] as const).map((kind) => ({
    key: `tau-${temperature}-${kind}`,
    temperature,
    kind,
  })),
);

/** The condition of a job or row. */
export function conditionOf({ condition }: { readonly condition?: string }): AnnealingCondition {
  return annealingConditions.find(({ key }) => key === condition)!;
}
