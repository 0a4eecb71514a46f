import { evaluate } from '../../agents/index.ts';
import {
  type MakeOptions,
  make,
  RecordTrajectory,
  SyncVectorEnv,
  type Trajectory,
  trajectoryPage,
} from '../../envs/index.ts';
import type { Policy, Rng } from '../../src/index.ts';

/**
 * One episode of a policy as a page that plays it.
 * @param title heads the page
 * @throws if the environment does not draw itself
 */
export function recordEpisode({
  policy,
  env: id,
  options,
  greedy,
  rng,
  title,
}: {
  policy: Policy;
  env: string;
  options: MakeOptions;
  greedy: boolean;
  rng: Rng;
  title: string;
}): string {
  let page = '';
  const onEpisode = (trajectory: Trajectory<unknown, unknown>) => {
    page = trajectoryPage(trajectory, { title });
  };
  const recorded = () => new RecordTrajectory(make(id, options), { frames: true, onEpisode });
  const env = new SyncVectorEnv([recorded]);
  try {
    evaluate({ policy, env, episodes: 1, rng, greedy });
  } finally {
    env.close();
  }
  return page;
}
