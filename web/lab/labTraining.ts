import { Rng } from 'oxbow';
import {
  type CloningSettings,
  cloneTraining,
  type Demonstrate,
  type Demonstrators,
  evenly,
  type HeadingPolicy,
  type LakeTraining,
  makeHeadingPolicy,
  type PpoSettings,
  ppoTraining,
  type SoftPpoSettings,
  softLakeSettings,
  softPpoTraining,
} from '../../agents/lake.ts';
import tuned from '../../agents/lakeSettings.json' with { type: 'json' };
import { type Setting, softTask } from './setting.ts';

/** Walks that are cloned. */
export const DEMONSTRATIONS = 1000;

/** The training of a policy that a setting asks for, as the command line trains it. */
export function labTraining(
  policy: Setting['policies'][number],
  setting: Setting,
  demonstrators: Demonstrators | Demonstrate = evenly,
): LakeTraining {
  const { study, env, seed } = setting;
  const rng = new Rng(seed);
  if (study === 'cloning') {
    const settings = tuned.tuned.cloning[env][policy] as CloningSettings;
    return cloneTraining({ env, policy, demonstrators, settings, episodes: DEMONSTRATIONS, batchSize: 256, rng });
  }
  if (study === 'soft') {
    const settings = tuned.tuned.soft['LakeStride-v0'][policy as HeadingPolicy] as SoftPpoSettings;
    return softPpoTraining(makeHeadingPolicy(policy as HeadingPolicy, settings.policy, rng.split('policy')), {
      task: softTask(setting),
      training: softLakeSettings.parse({}),
      settings,
      rng,
    });
  }
  const settings = tuned.tuned.ppo['Lake-v0'][policy] as PpoSettings;
  return ppoTraining({ env, policy, settings, steps: 100_000, envs: 8, horizon: 256, rng });
}
