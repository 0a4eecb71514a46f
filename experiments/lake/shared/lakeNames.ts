import type { AnyLakeId } from '../../../envs/index.ts';

/** The lakes as a sentence has them. */
export const lakeNames: Readonly<Record<string, string>> = {
  'Lake-v0': 'fine lake',
  'LakeStride-v0': 'stride lake',
  'mujoco/PointLake-v0': 'fine lake of the ball',
  'mujoco/PointLakeStride-v0': 'stride lake of the ball',
  'mujoco/AntLake-v0': 'fine lake of the ant',
  'mujoco/AntLakeStride-v0': 'stride lake of the ant',
} satisfies Record<AnyLakeId, string>;
