import type { Box, VectorEnv } from '../../envs/index.ts';
import { unitBounds } from '../../src/policies/boxScale.ts';
import type { OfflineConfig } from './offlineOptions.ts';
import { OfflineReplay } from './offlineReplay.ts';
import { vectorEnvFor } from './vectorEnvFor.ts';

/** What an agent that begins with data is made of beside its networks. */
export interface OfflineParts {
  readonly replay: OfflineReplay;
  /** The data's; an environment has the same. */
  readonly actionSpace: Box;
  /** What actions are counted in where their bounds are missing; undefined where there are bounds. */
  readonly units: ReturnType<typeof unitBounds>;
  /** Where the agent goes online; undefined if it does not. */
  readonly env: VectorEnv | undefined;
}

/**
 * @param owner who learns, as errors name it: `Iql`
 * @throws one line, if data and environment do not fit the policy, or each other; as {@link OfflineReplay} does
 */
export function offlineParts(owner: string, config: OfflineConfig): OfflineParts {
  const { policy, onlineSteps } = config;
  const { env: given, actionSpace: ofEnv } = config.env === undefined ? {} : vectorEnvFor(owner, policy, config.env);
  const env = onlineSteps > 0 ? given : undefined;
  const replay = new OfflineReplay(owner, config, env);
  const { actionSpace } = replay;
  if (ofEnv !== undefined && !hasBounds(ofEnv, actionSpace)) {
    throw new Error(`${owner}: env: got actions in ${ofEnv}, expected ${actionSpace}, as the data have`);
  }
  return { replay, actionSpace, units: unitBounds(actionSpace, policy.actionScale), env };
}

function hasBounds(space: object, { low, high }: Box): boolean {
  const other = space as Partial<Box>;
  return low.every((bound, i) => bound === other.low?.[i]) && high.every((bound, i) => bound === other.high?.[i]);
}
