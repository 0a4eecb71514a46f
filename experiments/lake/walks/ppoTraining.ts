import { Ppo, type PpoReport } from '../../../agents/index.ts';
import { type LakeId, makeVec } from '../../../envs/index.ts';
import type { Rng } from '../../../src/index.ts';
import { agentTraining } from '../shared/agentTraining.ts';
import { makeLakePolicy, type PolicyName } from '../shared/lakePolicies.ts';
import type { LakeProgress, LakeTraining } from '../shared/lakeTraining.ts';
import type { PpoSettings } from '../tuned.ts';

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
  env: LakeId;
  policy: PolicyName;
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
  const env = makeVec(id, { numEnvs: envs, autoresetMode: 'sameStep' });
  const agent = new Ppo({ policy, env, rng: rng.split('agent'), horizon, ...learning });
  return agentTraining(agent, { policy, env, steps, rng: rng.split('training') });
}
