import type { LakeId } from '../../../envs/index.ts';
import { portableMath } from '../../../src/index.ts';

/** A lake of headings at a temperature. */
export interface SoftLakeTask {
  readonly stride: number;
  readonly temperature: number;
}

/** Headings are chosen on the stride lake, at one stride or another. */
export const SOFT_LAKE = 'LakeStride-v0' satisfies LakeId;

/** The step of the registered stride lake. */
export const STRIDE = 1.3;

/** log |A| of the circle of headings: the entropy of the uniform policy. */
export const UNIFORM_ENTROPY = portableMath.log(2 * Math.PI);

/** The optimum knows no time limit: walks of short strides need more steps than the stride lake's twelve. */
const MAX_STEPS = 40;

/** Options of the stride lake, as a task of headings has it. */
export function softLakeOptions({ stride }: Pick<SoftLakeTask, 'stride'>) {
  return { action: 'heading', stride, maxEpisodeSteps: MAX_STEPS } as const;
}
