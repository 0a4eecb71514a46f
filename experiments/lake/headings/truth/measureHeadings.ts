import type { Point } from '../../../../envs/lake/geometry.ts';
import type { Policy } from '../../../../src/index.ts';
import { type HeadingMeasure, HeadingMeter } from './headingMeter.ts';
import type { SoftOptimum } from './softOptimum.ts';

/** Measures a policy over headings at each of the states, by the midpoint rule on `points` headings. */
export function measureHeadings(
  policy: Policy,
  { states, ...options }: { optimum: SoftOptimum; states: readonly Point[]; points: number },
): HeadingMeasure[] {
  const meter = new HeadingMeter(policy, options);
  const measures = states.map((from) => meter.measure(from));
  meter.dispose();
  return measures;
}
