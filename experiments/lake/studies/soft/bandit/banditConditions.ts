import type { BanditTask } from '../../../bandit/banditOptimum.ts';
import { type BanditPolicy, banditPolicies } from '../../../bandit/banditPolicies.ts';

/** A condition of the bandit's jobs. */
export interface BanditCondition {
  readonly key: string;
  readonly task: BanditTask;
  readonly policies: readonly BanditPolicy[];
}

const TEMPERATURES = [0.02, 0.05, 0.12, 0.15, 0.3, 0.5];

/** With the penalty a Gaussian at each temperature, and one flow at some, tell what there is to tell. */
export const banditConditions: readonly BanditCondition[] = [
  ...TEMPERATURES.map((temperature) => ({
    key: `tau-${temperature}`,
    task: { temperature, penalty: 0 },
    policies: banditPolicies,
  })),
  ...TEMPERATURES.map((temperature) => ({
    key: `tau-${temperature}-penalty`,
    task: { temperature, penalty: 1 },
    policies: [0.05, 0.15, 0.5].includes(temperature) ? (['gaussian', 'spline'] as const) : (['gaussian'] as const),
  })),
];

/** The task of a job or row of the bandit's part. */
export function taskOf(condition: string | undefined): BanditTask {
  return banditConditions.find(({ key }) => key === condition)!.task;
}
