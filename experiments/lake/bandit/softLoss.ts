import * as tf from '@tensorflow/tfjs-core';
import { type Distribution, type Rng, stopGradient } from '../../../src/index.ts';
import { SHORE } from './banditOptimum.ts';

/** Options of {@link softLoss}. */
export interface LossOptions {
  readonly temperature: tf.Tensor;
  readonly penalty: number;
  readonly batchSize: number;
  readonly rng: Rng;
}

/**
 * A loss whose gradient is an unbiased estimate of that of E[τ log π(a) − r(a)]: through the samples where they are reparameterized,
 * else the score function's. The penalty is a step at the shore, of which a gradient through a sample knows nothing: it is always left to
 * the score function.
 */
export function softLoss(actions: Distribution, { temperature, penalty, batchSize, rng }: LossOptions): tf.Tensor {
  const cost = (sample: tf.Tensor, logProb: tf.Tensor) => {
    const offBank = tf.sub(tf.abs(sample), 1);
    return tf.add(tf.mul(temperature, logProb), rowsOf(tf.mul(0.5, tf.square(offBank))));
  };
  const fine = (sample: tf.Tensor) => rowsOf(tf.mul(penalty, tf.cast(tf.less(tf.abs(sample), SHORE), 'float32')));
  if (!actions.reparameterized) {
    const sample = stopGradient(() => actions.sample(rng, [batchSize]));
    const logProb = actions.logProb(sample);
    return scoreLoss(logProb, () => tf.add(cost(sample, logProb), fine(sample)));
  }
  const { sample, logProb } = actions.sampleWithLogProb(rng, [batchSize]);
  const smooth = tf.mean(cost(sample, logProb));
  if (penalty === 0) return smooth;
  const fixed = stopGradient(() => tf.clone(sample));
  return tf.add(
    smooth,
    scoreLoss(actions.logProb(fixed), () => fine(fixed)),
  );
}

/** Has the gradient E[(cost − mean) ∇ log π]. */
function scoreLoss(logProb: tf.Tensor, costOf: () => tf.Tensor): tf.Tensor {
  const above = stopGradient(() => {
    const cost = costOf();
    return tf.sub(cost, tf.mean(cost));
  });
  return tf.mean(tf.mul(above, logProb));
}

/** `[batch, 1, 1]` → `[batch, 1]`, as log-probabilities are. */
function rowsOf(values: tf.Tensor): tf.Tensor {
  return tf.squeeze(values, [2]);
}
