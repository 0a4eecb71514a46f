import {
  cloneTraining,
  type DensityPolicyName,
  evenly,
  measureWalks,
  type Walk,
  type WalkMetrics,
} from '../../agents/lake.ts';
import tuned from '../../agents/lakeSettings.json' with { type: 'json' };
import { type Policy, Rng } from '../../src/index.ts';

const ENV = 'LakeStride-v0';

/**
 * A policy on the stride lake, trained as the study of cloning does it, with what its walks measure. Who asks for it disposes of it.
 * @param walks how many are measured, and of how many the positions are kept
 */
export async function clonedWalks(
  name: DensityPolicyName & keyof (typeof tuned.tuned.cloning)[typeof ENV],
  seed: string,
  walks: { readonly episodes: number; readonly keep: number },
): Promise<{ readonly policy: Policy; readonly metrics: WalkMetrics; readonly walks: readonly Walk[] }> {
  const rng = new Rng(seed);
  const { policy, reports, dispose } = cloneTraining({
    env: ENV,
    policy: name,
    demonstrators: evenly,
    settings: tuned.tuned.cloning[ENV][name],
    episodes: 1000,
    batchSize: 256,
    rng,
  });
  for await (const _ of reports);
  const measured = measureWalks({ env: ENV, policy, ...walks, rng: rng.split('walks') });
  dispose();
  return { policy, ...measured };
}
