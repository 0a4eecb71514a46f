import type { TrainReport } from '../../../agents/index.ts';
import type { LakeProgress, LakeTraining } from '../../../agents/lake.ts';
import type { JobContext } from '../../../cli/experiment/experiment.ts';

/** Trains a policy over headings on the soft return to the end. */
export async function trainOnSoftLake(
  { steps, reports, dispose }: LakeTraining<LakeProgress & TrainReport>,
  report: JobContext['report'],
): Promise<void> {
  for await (const { episodes, updates, value, ...row } of reports) {
    const drowned = episodes.filter(({ info }) => info.outcome === 'drowned').length;
    report(row.step / steps, { ...row, drownRate: episodes.length === 0 ? null : drowned / episodes.length });
  }
  dispose();
}
