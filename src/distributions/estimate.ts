import * as tf from '@tensorflow/tfjs-core';

/** A Monte-Carlo estimate and its standard error, both of one shape. */
export interface Estimate {
  readonly value: tf.Tensor;
  readonly standardError: tf.Tensor;
}

/**
 * The mean of independent draws `[samples, ...]` along the first axis, with its standard error.
 * @param owner who asks, as errors name it
 * @throws if there are fewer than two: one draw has no standard error
 */
export function meanWithError(owner: string, draws: tf.Tensor): Estimate {
  const samples = checkedSamples(owner, draws.shape[0]!);
  const value = tf.mean(draws, 0);
  const variance = tf.div(tf.sum(tf.square(tf.sub(draws, value)), 0), samples - 1);
  return { value, standardError: tf.sqrt(tf.div(variance, samples)) };
}

/** @throws if `samples` is no integer above 1 */
export function checkedSamples(owner: string, samples: number): number {
  if (Number.isInteger(samples) && samples > 1) return samples;
  throw new Error(`${owner}: wanted an integer number of samples above 1, got ${samples}`);
}
