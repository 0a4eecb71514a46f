import type { DemonstrationPath, LakeId } from '../../../../envs/index.ts';

/** What the demonstrators do. */
export interface Demonstrators {
  /** The share of them that go by the upper bank. */
  readonly upperShare: number;
  readonly path: DemonstrationPath;
}

/** Demonstrators other than the usual ones, and where they are cloned. */
export interface CloningCondition extends Demonstrators {
  readonly condition: string;
  readonly folder: string;
  readonly env: LakeId;
}

/** Half of them on each bank, on the shortest path: jobs of these have no condition. */
export const evenly: Demonstrators = { upperShare: 0.5, path: 'shortest' };

/**
 * From the majority to agreement on the stride lake, where a Gaussian drowns most; and on the fine lake, where many small steps let the
 * position tell the side, demonstrators who leave the axis at once.
 */
export const conditions: readonly CloningCondition[] = [
  { condition: '90/10', folder: 'share-90', env: 'LakeStride-v0', upperShare: 0.9, path: 'shortest' },
  { condition: '100/0', folder: 'share-100', env: 'LakeStride-v0', upperShare: 1, path: 'shortest' },
  { condition: 'right angles', folder: 'right-angles', env: 'Lake-v0', upperShare: 0.5, path: 'rightAngle' },
];

/** What the demonstrators of a job do. */
export function demonstratorsOf(condition: string | undefined): Demonstrators {
  return condition === undefined ? evenly : conditions.find((each) => each.condition === condition)!;
}
