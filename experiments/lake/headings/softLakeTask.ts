import type { SoftLakeTask } from '../studies/soft/lakeConditions.ts';

/** The optimum knows no time limit: walks of short strides need more steps than the stride lake's twelve. */
const MAX_STEPS = 40;

/** Options of the stride lake, as a task of headings has it. */
export function softLakeOptions({ stride }: Pick<SoftLakeTask, 'stride'>) {
  return { action: 'heading', stride, maxEpisodeSteps: MAX_STEPS } as const;
}
