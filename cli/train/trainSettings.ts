import type { Job } from '../experiment/experiment.ts';
import { type TrainConfig, trainSchema } from './trainConfig.ts';

/**
 * The settings of one training, for an experiment that trains as `oxbow train` does: presets, and what is given.
 * @throws if a setting is unknown or out of range
 */
export function trainSettings(
  { study, env, policy }: Pick<Job, 'study' | 'env' | 'policy'>,
  given: Readonly<Record<string, unknown>>,
): TrainConfig {
  const schema = trainSchema({ studies: [study], policies: [policy], environments: [env] });
  return schema.parse(given) as unknown as TrainConfig;
}
