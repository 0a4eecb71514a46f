import { join } from 'node:path';
import { measureWalks, type Walk } from '../../../agents/lake.ts';
import type { JobContext, JobResult } from '../../../cli/experiment/experiment.ts';
import type { AnyLakeId } from '../../../envs/index.ts';
import { type Policy, savePolicy } from '../../../src/index.ts';
import { type StartDensity, startDensity } from './startDensity.ts';

/** What a job keeps for the figures. */
export interface LakeData {
  readonly walks: readonly Walk[];
  readonly density: StartDensity;
  readonly parameters: number;
}

const KEPT_WALKS = 60;

/** Evaluates a trained policy by its sampled walks and saves it. */
export function finishJob({
  env,
  policy,
  episodes,
  context,
}: {
  env: AnyLakeId;
  policy: Policy;
  /** Walks by which it is measured. */
  episodes: number;
  context: JobContext;
}): JobResult & { data: LakeData } {
  const { metrics, walks } = measureWalks({
    env,
    policy,
    episodes,
    keep: KEPT_WALKS,
    rng: context.rng.split('evaluation'),
  });
  savePolicy(join(context.directory, 'policy.json'), policy, { env, ...metrics });
  return {
    metrics: { ...metrics },
    data: { walks, density: startDensity(policy), parameters: policy.parameterCount() },
  };
}
