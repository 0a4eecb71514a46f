import * as tf from '@tensorflow/tfjs-core';
import { Box, type VectorEnv } from '../../envs/index.ts';
import { compile, type Policy, type Rng } from '../../src/index.ts';
import { clipToBox } from './clipToBox.ts';
import type { EpisodeReport } from './episodeTracker.ts';

export interface EvaluateOptions {
  readonly policy: Policy;
  /** One episode is run in each of its environments, so that short episodes do not count more often. */
  readonly env: VectorEnv;
  readonly rng: Rng;
  /** Samples to choose a greedy action from; by default actions are sampled. */
  readonly greedyCandidates?: number;
  /** Sees every step of the episodes that are still running. */
  readonly onStep?: (step: { observations: Float32Array; actions: Float32Array; running: Uint8Array }) => void;
  /** Sees the last observation of each episode. */
  readonly onEnd?: (env: number, observation: Float32Array) => void;
}

/** Runs a policy for one episode in each environment. */
export function evaluate({ policy, env, rng, greedyCandidates, onStep, onEnd }: EvaluateOptions): EpisodeReport[] {
  const { numEnvs } = env;
  const space = env.singleActionSpace;
  if (!(space instanceof Box)) throw new Error(`evaluate: wanted a Box of actions, got a ${space.constructor.name}`);
  if (env.autoresetMode !== 'sameStep') {
    throw new Error(`evaluate: wanted an environment with autoresetMode 'sameStep', got '${env.autoresetMode}'`);
  }
  const act = compile(
    ({ observations }: { observations: tf.Tensor }, stream) => {
      const { action } =
        greedyCandidates === undefined
          ? policy.given(observations).sampleWithLogProb(stream)
          : policy.greedy(observations, stream, greedyCandidates);
      return { action };
    },
    { name: 'evaluate/act', state: [policy] },
  );
  const actionRng = rng.split('actions');
  const returns = new Float64Array(numEnvs);
  const lengths = new Int32Array(numEnvs);
  const running = new Uint8Array(numEnvs).fill(1);
  const episodes: EpisodeReport[] = new Array(numEnvs);
  const actions = new Float32Array(numEnvs * policy.actionDim);
  let left = numEnvs;
  let [observations] = env.reset({ seed: rng.split('env').seed });
  while (left > 0) {
    tf.tidy(() => {
      const { action } = act(
        { observations: tf.tensor2d(Float32Array.from(observations), [numEnvs, policy.observationDim]) },
        actionRng,
      );
      clipToBox(action.dataSync() as Float32Array, space, actions);
    });
    onStep?.({ observations, actions, running });
    const step = env.step(actions);
    for (let i = 0; i < numEnvs; i++) {
      if (!running[i]) continue;
      returns[i]! += step.rewards[i]!;
      lengths[i]! += 1;
      if (step.terminations[i] || step.truncations[i]) {
        running[i] = 0;
        left -= 1;
        onEnd?.(i, step.finalObservations.subarray(i * policy.observationDim, (i + 1) * policy.observationDim));
        episodes[i] = { return: returns[i]!, length: lengths[i]!, info: step.finalInfos[i]! };
      }
    }
    observations = step.observations;
  }
  act.dispose();
  return episodes;
}
