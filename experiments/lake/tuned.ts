import {
  type DensityPolicyName,
  type HeadingPolicy,
  type PpoSettings,
  SOFT_LAKE,
  type SoftPpoSettings,
} from '../../agents/lake.ts';
import found from '../../agents/lakeSettings.json' with { type: 'json' };
import type { Tuned } from '../../cli/experiment/tuned.ts';

/** The settings that were found by searches. */
export function readTuned(): Tuned {
  return (found as { readonly tuned: Tuned }).tuned;
}

/** PPO's question, whether a policy commits to one bank, is asked on the fine lake. */
export const PPO_LAKE = 'Lake-v0';

/** The settings that were found for a policy. */
export function ppoSettings(tuned: Tuned, policy: DensityPolicyName, env: string = PPO_LAKE): PpoSettings {
  return tuned.ppo![env]![policy] as unknown as PpoSettings;
}

/** The settings that were found for a policy over headings, with which it is trained for every task and study. */
export function softPpoSettings(tuned: Tuned, policy: HeadingPolicy): SoftPpoSettings {
  return tuned.soft![SOFT_LAKE]![policy] as unknown as SoftPpoSettings;
}

/** Seconds of a training on the soft return, on a quiet core. */
export function softPpoSeconds({ epochs }: SoftPpoSettings, steps: number): number {
  return 0.5 + 4.2e-6 * epochs * steps;
}
