import { evaluateStepwise, MOST_ENVS } from '../../agents/core/evaluate.ts';
import { inTurns } from '../../agents/core/loops.ts';
import { type EpisodeStatistics, episodeStatistics } from '../../agents/index.ts';
import type { Policy, Rng } from '../../src/index.ts';
import { makeEnvs } from './makeTraining.ts';
import type { TrainConfig } from './trainConfig.ts';

/** The episodes of a policy by sampled and by greedy actions, in the same environments one after the other. */
export async function sampledAndGreedy(
  policy: Policy,
  id: string,
  config: Pick<TrainConfig, 'env' | 'evaluationEpisodes'>,
  rng: Rng,
): Promise<{ readonly sampled: EpisodeStatistics; readonly greedy: EpisodeStatistics }> {
  const { evaluationEpisodes: episodes } = config;
  const env = makeEnvs(id, config, Math.min(MOST_ENVS, episodes));
  const by = async (greedy: boolean) =>
    episodeStatistics((await inTurns(evaluateStepwise({ policy, env, episodes, greedy, rng }))).episodes);
  try {
    return { sampled: await by(false), greedy: await by(true) };
  } finally {
    env.close();
  }
}
