import { evaluateStepwise } from '../../agents/common/evaluate.ts';
import type { EpisodeReport } from '../../agents/index.ts';
import type { VectorEnv } from '../../envs/index.ts';
import type { Policy, Rng } from '../../src/index.ts';
import { inTurns } from './inTurns.ts';

/** Episodes that are run side by side. */
const MOST_ENVS = 100;

/** Samples of which a greedy action is chosen, as {@link Policy.greedy} does by default. */
const CANDIDATES = 32;

/**
 * The episodes of a policy whose actions are sampled, or greedy; what else waits has its turns in between.
 * @param makeEnvs gives that many environments
 */
export function measurePolicy(measured: Measured): Promise<EpisodeReport[]> {
  return inTurns(rounds(measured));
}

interface Measured {
  policy: Policy;
  makeEnvs: (numEnvs: number) => VectorEnv;
  episodes: number;
  greedy: boolean;
  rng: Rng;
}

function* rounds({ policy, makeEnvs, episodes, greedy, rng }: Measured): Generator<void, EpisodeReport[], void> {
  const reports: EpisodeReport[] = [];
  for (let round = 0; reports.length < episodes; round++) {
    const env = makeEnvs(Math.min(MOST_ENVS, episodes - reports.length));
    try {
      const options = greedy ? { greedyCandidates: CANDIDATES } : {};
      reports.push(...(yield* evaluateStepwise({ policy, env, rng: rng.split(round), ...options })));
    } finally {
      env.close();
    }
  }
  return reports;
}
