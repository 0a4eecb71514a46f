import { evaluateStepwise, MOST_ENVS } from '../../agents/core/evaluate.ts';
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
import { Actor, type Policy, Rng } from '../../src/index.ts';
import type { ActingOptions } from '../../src/policies/acting.ts';
import { inTurns } from '../../src/turns.ts';

/** How a policy's actions are chosen: sampled, greedy, or as `acting` says. */
interface ChosenBy {
  readonly greedy?: boolean;
  readonly acting?: ActingOptions;
}

/**
 * The episodes of a policy; what else waits has its turns in between.
 * @param makeEnvs gives that many environments
 */
export async function measurePolicy({
  makeEnvs,
  ...options
}: ChosenBy & {
  policy: Policy;
  makeEnvs: (numEnvs: number) => VectorEnv;
  episodes: number;
  rng: Rng;
}): Promise<readonly EpisodeReport[]> {
  const env = makeEnvs(Math.min(MOST_ENVS, options.episodes));
  try {
    return (await inTurns(evaluateStepwise({ ...options, env }))).episodes;
  } finally {
    env.close();
  }
}

/** Calls of which {@link actionTime} takes the median, after as many that warm up. */
const CALLS = 100;

/** Milliseconds that a policy takes to choose one action for one observation. */
export function actionTime(policy: Policy, acting: ActingOptions): number {
  const actor = new Actor(policy, { rng: new Rng('time'), acting });
  try {
    const observation = new Float32Array(policy.observationDim);
    const times = Array.from({ length: 2 * CALLS }, () => {
      const begin = performance.now();
      actor.act(observation);
      return performance.now() - begin;
    });
    return times.slice(CALLS).sort((a, b) => a - b)[CALLS / 2]!;
  } finally {
    actor.dispose();
  }
}

/**
 * One episode of a policy, with a drawing of each step.
 * @throws if the environment does not draw itself
 */
export function recordEpisode({
  id,
  options,
  ...given
}: ChosenBy & { policy: Policy; id: string; options: MakeOptions; rng: Rng }): Trajectory<unknown, unknown> {
  let recorded: Trajectory<unknown, unknown> | undefined;
  const onEpisode = (trajectory: Trajectory<unknown, unknown>) => {
    recorded = trajectory;
  };
  const env = new SyncVectorEnv([() => new RecordTrajectory(make(id, options), { frames: true, onEpisode })]);
  try {
    evaluate({ ...given, env, episodes: 1 });
  } finally {
    env.close();
  }
  return recorded!;
}

/**
 * An episode as a page that plays it, and what was in the way of three dimensions, if they are missing.
 * @param title heads the page
 */
export function pageOf(
  trajectory: Trajectory<unknown, unknown>,
  title: string,
): { readonly page: string; readonly missing?: string } {
  if (trajectory.motion === undefined) return { page: trajectoryPage(trajectory, { title }) };
  let three: ReturnType<typeof threeScript>;
  try {
    three = threeScript();
  } catch (error) {
    return { page: trajectoryPage(trajectory, { title }), missing: (error as Error).message };
  }
  return { page: trajectoryPage(trajectory, { title, three }) };
}
