import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from './stopGradient.ts';

/** What a module that normalizes remembers of its batches; variables that are not trained. */
export interface RunningStatistics {
  /** `[dim]` */
  readonly runningMean: tf.Variable;
  /** `[dim]` */
  readonly runningVariance: tf.Variable;
  /** 1 − momentumⁿ after n batches. */
  readonly runningWeight: tf.Variable;
}

/**
 * Takes the statistics of a batch into the running ones: averages of those of the batches so far with weights that fall by `momentum` a batch
 * and add up to 1, so that the first batch counts wholly.
 */
export function rememberBatch(
  { runningMean, runningVariance, runningWeight }: RunningStatistics,
  momentum: number,
  mean: tf.Tensor,
  variance: tf.Tensor,
): void {
  stopGradient(() => {
    const weight = tf.add(tf.mul(runningWeight, momentum), 1 - momentum);
    const share = tf.div(1 - momentum, weight);
    for (const [running, current] of [
      [runningMean, mean],
      [runningVariance, variance],
    ] as const) {
      running.assign(tf.add(running, tf.mul(tf.sub(current, running), share)));
    }
    runningWeight.assign(weight);
    return weight;
  });
}
