import { evaluateStepwise, MOST_ENVS } from '../../agents/core/evaluate.ts';
import { inTurns } from '../../agents/core/loops.ts';
import type { EpisodeReport } from '../../agents/index.ts';
import type { VectorEnv } from '../../envs/index.ts';
import type { Policy, Rng } from '../../src/index.ts';

/**
 * The episodes of a policy whose actions are sampled, or greedy; what else waits has its turns in between.
 * @param makeEnvs gives that many environments
 */
export async function measurePolicy({
  makeEnvs,
  ...options
}: {
  policy: Policy;
  makeEnvs: (numEnvs: number) => VectorEnv;
  episodes: number;
  greedy: boolean;
  rng: Rng;
}): Promise<readonly EpisodeReport[]> {
  const env = makeEnvs(Math.min(MOST_ENVS, options.episodes));
  try {
    return (await inTurns(evaluateStepwise({ ...options, env }))).episodes;
  } finally {
    env.close();
  }
}
