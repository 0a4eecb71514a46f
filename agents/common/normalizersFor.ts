import type { Policy } from '../../src/index.ts';
import { ObservationStatistics } from './observationStatistics.ts';
import { RewardScaler } from './rewardScaler.ts';

/** What brings observations and rewards to one scale; absent where it is not asked for. */
export interface Normalizers {
  readonly statistics?: ObservationStatistics | undefined;
  readonly scaler?: RewardScaler | undefined;
}

/**
 * @param policies the policy that acts, and its target network if it has one: they see observations alike
 * @param options the agent's
 */
export function normalizersFor(
  policies: readonly [Policy, ...Policy[]],
  numEnvs: number,
  options: {
    readonly normalizeObservations: boolean;
    readonly clipObservations: number;
    readonly normalizeRewards: boolean;
    readonly gamma: number;
  },
): Normalizers {
  return {
    statistics: ObservationStatistics.of(policies, options),
    scaler: options.normalizeRewards ? new RewardScaler(numEnvs, options.gamma) : undefined,
  };
}
