import { evaluateStepwise, MOST_ENVS } from '../../agents/core/evaluate.ts';
import { inTurns } from '../../agents/core/loops.ts';
import { type EpisodeReport, evaluate } from '../../agents/index.ts';
import {
  type MakeOptions,
  make,
  RecordTrajectory,
  SyncVectorEnv,
  type Trajectory,
  threeScript,
  trajectoryPage,
  type VectorEnv,
} from '../../envs/index.ts';
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

/**
 * One episode of a policy as a page that plays it, and what was in the way of three dimensions, if they are missing.
 * @param title heads the page
 * @throws if the environment does not draw itself
 */
export function recordEpisode(
  { id, options, ...acting }: { policy: Policy; id: string; options: MakeOptions; greedy: boolean; rng: Rng },
  title: string,
): { readonly page: string; readonly missing?: string } {
  let recorded: Trajectory<unknown, unknown> | undefined;
  const onEpisode = (trajectory: Trajectory<unknown, unknown>) => {
    recorded = trajectory;
  };
  const env = new SyncVectorEnv([() => new RecordTrajectory(make(id, options), { frames: true, onEpisode })]);
  try {
    evaluate({ ...acting, env, episodes: 1 });
  } finally {
    env.close();
  }
  const trajectory = recorded!;
  if (trajectory.motion === undefined) return { page: trajectoryPage(trajectory, { title }) };
  let three: ReturnType<typeof threeScript>;
  try {
    three = threeScript();
  } catch (error) {
    return { page: trajectoryPage(trajectory, { title }), missing: (error as Error).message };
  }
  return { page: trajectoryPage(trajectory, { title, three }) };
}
