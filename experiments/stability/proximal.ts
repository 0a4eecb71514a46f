import { episodeStatistics, Ppo } from '../../agents/index.ts';
import type { JobContext, JobResult } from '../../cli/experiment/experiment.ts';
import { measurePolicy } from '../../cli/train/measurePolicy.ts';
import { makeVec } from '../../envs/index.ts';
import { makeStabilityPolicy, type StabilityConfig, type StabilityEnv, type StabilityPolicy } from './config.ts';

/** PPO with the same settings for every policy class: what it scores, and how far a rollout's updates moved the policy at most. */
export async function optimize(
  { env: id, policy: name }: { env: StabilityEnv; policy: StabilityPolicy },
  { ppo: { steps, envs, ...settings }, evaluationEpisodes, greedyEpisodes }: StabilityConfig,
  { rng, report: tell }: JobContext,
): Promise<JobResult> {
  const makeEnvs = (numEnvs: number) => makeVec(id, { numEnvs });
  const env = makeEnvs(envs);
  const { singleObservationSpace: observationSpace, singleActionSpace: actionSpace } = env;
  const policy = makeStabilityPolicy(name, { observationSpace, actionSpace, rng: rng.split('policy') });
  const agent = new Ppo({ policy, env, rng: rng.split('agent'), ...settings });
  const furthest = { klOfRollout: 0, klOfMinibatch: 0, ratio: 0 };
  for await (const { episodes, ...report } of agent.train({ steps, rng: rng.split('training') })) {
    furthest.klOfRollout = Math.max(furthest.klOfRollout, report.approxKl);
    furthest.klOfMinibatch = Math.max(furthest.klOfMinibatch, report.largestKl);
    furthest.ratio = Math.max(furthest.ratio, report.largestRatio);
    tell((0.95 * Math.min(report.step, steps)) / steps, { ...report, return: episodeStatistics(episodes).return });
  }
  const measured = async (greedy: boolean, episodes: number): Promise<number | null> =>
    episodeStatistics(await measurePolicy({ policy, makeEnvs, episodes, greedy, rng: rng.split('evaluation') })).return;
  const metrics = {
    return: await measured(false, evaluationEpisodes),
    greedyReturn: await measured(true, greedyEpisodes),
    ...furthest,
  };
  agent.dispose();
  policy.dispose();
  env.close();
  return { metrics };
}
