import * as tf from '@tensorflow/tfjs-core';
import { start } from '../../../envs/lake/lakeMap.ts';
import { compile, type Policy } from '../../../src/index.ts';

/**
 * log π(v | start) of velocities.
 * @param velocities `[count, 2]`, row by row
 */
export function logProbsAtStart(policy: Policy, velocities: Float32Array): Float32Array {
  const count = velocities.length / 2;
  const observations = Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? start.x : start.y));
  const evaluate = compile(
    (inputs: { observations: tf.Tensor; velocities: tf.Tensor }) => {
      const distribution = policy.given(inputs.observations);
      return { logProb: distribution.logProb(distribution.unsquash(inputs.velocities)) };
    },
    { name: 'lake/log-probs-at-start', state: [policy] },
  );
  const logProbs = tf.tidy(() => {
    const { logProb } = evaluate({
      observations: tf.tensor2d(observations, [count, 2]),
      velocities: tf.tensor2d(velocities, [count, 2]),
    });
    return logProb.dataSync() as Float32Array;
  });
  evaluate.dispose();
  return logProbs;
}
