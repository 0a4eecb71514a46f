import type { Policy } from '../../../src/index.ts';
import type { JobContext } from '../../harness/experiment.ts';
import { type SoftTrainingOptions, softTraining } from './softTraining.ts';

/** Trains a policy over headings by PPO on the soft return to the end. */
export async function trainOnSoftLake(
  policy: Policy,
  { report, ...options }: SoftTrainingOptions & { report: JobContext['report'] },
): Promise<void> {
  const { steps, reports, dispose } = softTraining(policy, options);
  for await (const { episodes, updates, value, ...row } of reports) {
    const drowned = episodes.filter(({ info }) => info.outcome === 'drowned').length;
    report(row.step / steps, { ...row, drownRate: episodes.length === 0 ? null : drowned / episodes.length });
  }
  dispose();
}
