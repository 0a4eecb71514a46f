import type { SummaryRow } from '../../cli/experiment/experiment.ts';
import { trueMinus } from '../../cli/experiment/text.ts';

/** What a policy class must keep to take the Gaussian's place. */
const BOUNDS = { lost: 0.05, worst: 0.5, kl: 0.1, softKl: 0.02 };

export interface Criterion {
  /** What was asked, with the figures. */
  readonly text: string;
  readonly holds: boolean;
}

/**
 * Whether a policy can take the Gaussian's place in PPO on an environment: an interquartile mean of returns at most 5 % below the
 * Gaussian's, no seed below the Gaussian's worst by more than half of that, no rollout that moved it by a KL above 0.1.
 * @param rows of one environment
 * @returns undefined where one of the two was not measured
 */
export function dropInCriteria(rows: readonly SummaryRow[], policy: string): readonly Criterion[] | undefined {
  const of = (name: string, metric: string) => rows.find((row) => row.policy === name && row.metric === metric);
  const [own, gaussian, moved] = [of(policy, 'return'), of('gaussian', 'return'), of(policy, 'klOfRollout')];
  if (own?.iqm == null || gaussian?.iqm == null || moved == null) return undefined;
  const least = gaussian.iqm - BOUNDS.lost * Math.abs(gaussian.iqm);
  const [worst, gaussiansWorst] = [own, gaussian].map((row) => Math.min(...measured(row))) as [number, number];
  const leastWorst = gaussiansWorst - BOUNDS.worst * Math.abs(gaussiansWorst);
  const largest = Math.max(...measured(moved));
  return [
    { text: trueMinus(`interquartile mean ${own.iqm.toFixed(0)}, asked ${least.toFixed(0)}`), holds: own.iqm >= least },
    { text: trueMinus(`worst seed ${worst.toFixed(0)}, asked ${leastWorst.toFixed(0)}`), holds: worst >= leastWorst },
    { text: `largest KL of a rollout ${largest.toFixed(3)}, asked ${BOUNDS.kl}`, holds: largest <= BOUNDS.kl },
  ];
}

/** Whether a policy with several modes finds the soft optimum: an interquartile mean of KLs of at most 0.02 nats. */
export function softCriteria(rows: readonly SummaryRow[], policy: string): readonly Criterion[] | undefined {
  const row = rows.find((each) => each.policy === policy && each.metric === 'kl');
  if (row?.iqm == null) return undefined;
  return [{ text: `KL ${row.iqm.toFixed(3)}, asked ${BOUNDS.softKl}`, holds: row.iqm <= BOUNDS.softKl }];
}

function measured({ perSeed }: SummaryRow): number[] {
  return perSeed.filter((value) => value !== null);
}
