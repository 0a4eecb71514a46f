import { policySchema } from '../../src/policies/registry.ts';
import type { Settings } from '../experiment/searchSpace.ts';
import { type TrainConfig, trainSchema } from '../train/trainConfig.ts';
import { type TrainTuningConfig, withoutSearch } from './trainTuningConfig.ts';

/**
 * The settings of a training with those of a trial, all as `oxbow train` takes them. Options that the policy does not have are left out.
 * @throws if an option is unknown or out of range
 */
export function trialConfig(config: TrainTuningConfig, policy: string, settings: Settings): TrainConfig {
  const { studies, environments } = config;
  const { agent = {}, policy: ofPolicy = {}, ...others } = settings as Readonly<Record<string, Settings>>;
  const known = Object.keys(policySchema(policy)?.shape ?? {});
  const own = Object.entries({ ...config.policy, ...ofPolicy }).filter(([name]) => known.includes(name));
  return trainSchema({ studies, policies: [policy], environments }).parse({
    ...withoutSearch(config),
    ...others,
    policies: [policy],
    agent: { ...config.agent, ...agent },
    policy: Object.fromEntries(own),
  }) as unknown as TrainConfig;
}
