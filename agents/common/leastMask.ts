import * as tf from '@tensorflow/tfjs-core';

/**
 * 1 for each of the `count` least numbers of a row, 0 for the others; of equal ones the first are taken: `[…, n]` → `[…, n]`. The rank
 * of a number is how many come before it, counted by comparing all pairs, which is quicker than sorting a short row. It has no gradient.
 */
export function leastMask(x: tf.Tensor, count: number): tf.Tensor {
  const n = x.shape.at(-1)!;
  const [own, other] = [tf.expandDims(x, -1), tf.expandDims(x, -2)];
  const places = tf.range(0, n);
  const isEarlier = tf.less(tf.expandDims(places, 0), tf.expandDims(places, 1));
  const comesBefore = tf.logicalOr(tf.less(other, own), tf.logicalAnd(isEarlier, tf.equal(other, own)));
  const ranks = tf.sum(tf.cast(comesBefore, 'float32'), -1);
  return tf.cast(tf.less(ranks, count), 'float32');
}
