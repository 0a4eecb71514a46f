import { type Demonstrators, evenly, type PolicyName } from '../../../../agents/lake.ts';
import type { AnyLakeId, LakeId } from '../../../../envs/index.ts';
import { lakeNames } from '../../shared/lakeNames.ts';

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
export interface CloningCondition extends Demonstrators {
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
