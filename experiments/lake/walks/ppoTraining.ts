import { Ppo, type PpoReport } from '../../../agents/index.ts';
import type { Settings, Tuned } from '../../../cli/experiment/searchSpace.ts';
import { type AnyLakeId, makeVec } from '../../../envs/index.ts';
import type { Rng } from '../../../src/index.ts';
import { type DensityPolicyName, makeLakePolicy } from '../shared/lakePolicies.ts';
import { agentTraining, type LakeProgress, type LakeTraining } from '../shared/lakeTraining.ts';

/** PPO's question, whether a policy commits to one bank, is asked on the fine lake. */
export const PPO_LAKE = 'Lake-v0' satisfies AnyLakeId;

/** What PPO takes for a policy. */
export interface PpoSettings {
  readonly learningRate: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly gamma: number;
  readonly entropyCoefficient: number;
  readonly policy: Settings;
}

/** The settings that were found for a policy. */
export function ppoSettings(tuned: Tuned, policy: DensityPolicyName, env: string = PPO_LAKE): PpoSettings {
  return tuned.ppo![env]![policy] as unknown as PpoSettings;
}

/** PPO on a lake; the value is the mean return of the episodes that ended since the last report. */
export function ppoTraining({
  env: id,
  policy: name,
  settings: { policy: settings, ...learning },
  fixedScale,
  steps,
  envs,
  horizon,
  rng,
}: {
  env: AnyLakeId;
  policy: DensityPolicyName;
  settings: PpoSettings;
  /** σ of a Gaussian that keeps it. */
  fixedScale?: number | undefined;
  steps: number;
  envs: number;
  horizon: number;
  rng: Rng;
}): LakeTraining<LakeProgress & PpoReport> {
  const policy = makeLakePolicy(name, {
    env: id,
    rng: rng.split('policy'),
    ...(fixedScale === undefined
      ? { settings, scale: 'free' }
      : { settings: { ...settings, initialScale: fixedScale }, scale: 'fixed' }),
  });
  const env = makeVec(id, { numEnvs: envs });
  // The settings were found with the clip alone.
  const agent = new Ppo({ policy, env, rng: rng.split('agent'), horizon, klCoefficient: 0, ...learning });
  return agentTraining(agent, { policy, env, steps, rng: rng.split('training') });
}
