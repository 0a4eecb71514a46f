import * as tf from '@tensorflow/tfjs-core';
import { Reinforce } from '../../../../agents/index.ts';
import type { JobContext, JobResult } from '../../../../cli/experiment/experiment.ts';
import { makeVec } from '../../../../envs/index.ts';
import { cosineSchedule, makePolicy } from '../../../../src/index.ts';
import type { LakeConfig } from '../../config.ts';
import { flipOf } from './bumps.ts';

export const BUMPS = 'BumpBandit-v0';

/** What a job keeps for the figures: where μ ended for each scale. */
export interface ClimbData {
  readonly curve: readonly { readonly scale: number; readonly mean: number }[];
}

/**
 * E5 in one number: a Gaussian policy of a fixed σ is trained by REINFORCE on BumpBandit-v0, for each σ of the settings. Metrics: `flip`, the
 * σ at which its mean leaves the bumps, and `flipVariance`, s² + σ² there, which the theory says is 1.
 */
export async function climb(
  { width }: { width: number },
  { fixedScale: { bandit } }: LakeConfig,
  { rng, report }: JobContext,
): Promise<JobResult & { data: ClimbData }> {
  const { scales, updates, episodes, learningRate } = bandit;
  const env = makeVec(BUMPS, { numEnvs: episodes, width });
  const curve = [];
  for (const [i, scale] of scales.entries()) {
    const stream = rng.split(String(scale));
    const policy = makePolicy('gaussian', {
      observationSpace: env.singleObservationSpace,
      actionSpace: env.singleActionSpace,
      hidden: [4],
      scale: 'fixed',
      initialScale: scale,
      rng: stream.split('policy'),
    });
    const agent = new Reinforce({
      policy,
      env,
      rng: stream.split('agent'),
      learningRate: cosineSchedule(learningRate),
      valueUpdates: 0,
    });
    let last = {};
    for await (const { policyLoss, gradientNorm } of agent.train({
      steps: updates * episodes,
      rng: stream.split('training'),
    })) {
      last = { policyLoss, gradientNorm };
    }
    const mean = tf.tidy(() => policy.given(tf.zeros([1, 1])).mode!().dataSync()[0]!);
    curve.push({ scale, mean });
    report((i + 1) / scales.length, { scale, mean, ...last });
    agent.dispose();
    policy.dispose();
  }
  env.close();
  const flip = flipOf(curve);
  return { metrics: { flip, flipVariance: flip === null ? null : width ** 2 + flip ** 2 }, data: { curve } };
}
