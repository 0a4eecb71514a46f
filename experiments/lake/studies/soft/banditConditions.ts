import type { BanditTask } from '../../bandit/banditOptimum.ts';
import { type BanditPolicy, banditPolicies } from '../../bandit/banditPolicies.ts';

/** A condition of the bandit's jobs. */
export interface BanditCondition {
  readonly condition: string;
  readonly folder: string;
  readonly task: BanditTask;
  readonly policies: readonly BanditPolicy[];
}

const TEMPERATURES = [0.02, 0.05, 0.12, 0.15, 0.3, 0.5];

/** With the penalty a Gaussian at each temperature, and one flow at some, tell what there is to tell. */
export const banditConditions: readonly BanditCondition[] = [
  ...TEMPERATURES.map((temperature) => ({
    condition: `τ = ${temperature}`,
    folder: `tau-${temperature}`,
    task: { temperature, penalty: 0 },
    policies: banditPolicies,
  })),
  ...TEMPERATURES.map((temperature) => ({
    condition: `τ = ${temperature}, penalty 1`,
    folder: `tau-${temperature}-penalty`,
    task: { temperature, penalty: 1 },
    policies: [0.05, 0.15, 0.5].includes(temperature) ? (['gaussian', 'spline'] as const) : (['gaussian'] as const),
  })),
];

/** The task of a job or row of the bandit's part. */
export function taskOf(condition: string | undefined): BanditTask {
  return banditConditions.find((each) => each.condition === condition)!.task;
}
