import { type HeadingPolicy, STRIDE } from '../../agents/lake.ts';
import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import { classFloor } from '../lake/headings/truth/classFloor.ts';
import { circularSplines, type HeadingFamily, wrappedMixtures } from '../lake/headings/truth/headingFamilies.ts';
import type { EndpointsConfig } from './config.ts';
import { COMPONENTS } from './softRegretJob.ts';

/** The richest member of each class that is searched: its floor is the least of all of them. */
const FAMILIES: Record<HeadingPolicy, () => HeadingFamily> = {
  gaussian: () => wrappedMixtures(1),
  'mixture-2': () => wrappedMixtures(2),
  mixture: () => wrappedMixtures(COMPONENTS),
  spline: () => circularSplines({ layers: 3, bins: 16 }),
};

/** What a class can do at best at a temperature, whatever its network and training. */
export async function floorJob(
  { policy, temperature }: { policy: HeadingPolicy; temperature: number },
  { floors }: EndpointsConfig,
  { report }: JobContext,
): Promise<JobResult> {
  const task = { stride: STRIDE, temperature };
  const { nats, steps, ofProjection } = classFloor(FAMILIES[policy](), { task, ...floors, report });
  return {
    metrics: {
      softRegret: temperature * nats,
      natsAStep: nats / steps,
      steps,
      ofProjection: temperature * ofProjection,
    },
  };
}
