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

/** A page, and what was in the way of three dimensions, if they are missing. */
interface Recording {
  readonly page: string;
  readonly missing?: string;
}

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
}): Recording {
  let recording: Recording = { page: '' };
  const onEpisode = (trajectory: Trajectory<unknown, unknown>) => {
    recording = pageOf(trajectory, title);
  };
  const recorded = () => new RecordTrajectory(make(id, options), { frames: true, onEpisode });
  const env = new SyncVectorEnv([recorded]);
  try {
    evaluate({ policy, env, episodes: 1, rng, greedy });
  } finally {
    env.close();
  }
  return recording;
}

function pageOf(trajectory: Trajectory<unknown, unknown>, title: string): Recording {
  if (trajectory.motion === undefined) return { page: trajectoryPage(trajectory, { title }) };
  let three: ReturnType<typeof threeScript>;
  try {
    three = threeScript();
  } catch (error) {
    return { page: trajectoryPage(trajectory, { title }), missing: (error as Error).message };
  }
  return { page: trajectoryPage(trajectory, { title, three }) };
}
