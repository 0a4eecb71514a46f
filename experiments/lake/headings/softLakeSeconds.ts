import { type LakeConfig, softLakeSettings } from '../config.ts';
import type { HeadingPolicy } from './headingPolicies.ts';

/** Seconds of a training on the soft lake, on a quiet core. */
export function softLakeSeconds(config: LakeConfig, policy: HeadingPolicy): number {
  return 0.5 + 4.2e-6 * softLakeSettings(config, policy).epochs * config.soft.lake.steps;
}
