import * as tf from '@tensorflow/tfjs-core';
import type { Distribution, Tails } from './distribution.ts';

/**
 * Tails of independent numbers, of all of them at once: below is Π below, the probability that every number lies below its own, above the
 * rest, 1 − Π (1 − above) = −expm1(Σ log1p(−above)).
 * @param ndims how many axes at the end are the event
 */
export function acrossEvent({ below, above }: Tails, ndims: number): Tails {
  const at = below.rank - ndims;
  const [batch, size] = [below.shape.slice(0, at), tf.util.sizeFromShape(below.shape.slice(at))];
  if (size === 1) return { below: tf.reshape(below, batch), above: tf.reshape(above, batch) };
  const logs = tf.sum(tf.reshape(tf.log1p(tf.neg(tf.minimum(above, LARGEST))), [...batch, size]), -1);
  const each = tf.split(tf.reshape(below, [...batch, size]), size, -1);
  const product = each.reduce((total, factor) => tf.mul(total, factor));
  return { below: tf.reshape(product, batch), above: tf.neg(tf.expm1(logs)) };
}

/** The largest float32 below 1: beyond it the logarithm is infinite. */
const LARGEST = 1 - 2 ** -24;

/** Values `[...batch]` as events of one number. @throws if the distribution's events are of several, of which there is no quantile */
export function ofOneNumber(distribution: Distribution, values: tf.Tensor): tf.Tensor {
  const { eventShape } = distribution;
  if (tf.util.sizeFromShape(eventShape) !== 1) {
    throw new Error(
      `${distribution.constructor.name} has no quantile: its events are of shape [${eventShape}], expected one number`,
    );
  }
  return tf.reshape(values, [...values.shape, ...eventShape]);
}
