import * as tf from '@tensorflow/tfjs-core';

/** h² in units of the mean squared distance of two samples. */
const WIDTH = 0.1;
const STEPS = 3;

/**
 * The point that most samples are near to: the minimizer of Σᵢ d²(c, xᵢ) / (d²(c, xᵢ) + h²), Geman and McClure's robust loss,
 * with distances in units of each component's spread. It stands for the mode of most mass: a thin spike has few samples near it,
 * a bridge between two modes few too, and samples of other modes hardly pull.
 *
 * Begun at the best sample and improved by iteratively reweighted means, weights 1/(1 + d²/h²)².
 *
 * Geman & McClure, "Statistical methods for tomographic image reconstruction", 1987.
 *
 * @param samples `[count, batch, dim]`
 * @returns `[batch, dim]`; of one sample that sample
 */
export function denseCenter(samples: tf.Tensor): tf.Tensor {
  const [count, , dim] = samples.shape as [number, number, number];
  if (count === 1) return tf.squeeze(samples, [0]);
  const byRow = tf.transpose(samples, [1, 0, 2]);
  const center = tf.mean(byRow, 1, true);
  const deviation = tf.sub(byRow, center);
  const scale = tf.sqrt(tf.maximum(tf.mean(tf.square(deviation), 1, true), 1e-30));
  const points = tf.div(deviation, scale);
  // The squared distance of two samples is 2·dim in the mean.
  const kernel = (squaredDistance: tf.Tensor): tf.Tensor =>
    tf.div(1, tf.add(1, tf.mul(tf.maximum(squaredDistance, 0), 1 / (WIDTH * 2 * dim))));

  const squares = tf.sum(tf.square(points), 2, true);
  const products = tf.matMul(points, points, false, true);
  const squaredDistances = tf.add(tf.sub(squares, tf.mul(products, 2)), tf.transpose(squares, [0, 2, 1]));
  const best = tf.argMax(tf.sum(kernel(squaredDistances), 2), 1);
  let at = tf.matMul(tf.expandDims(tf.oneHot(best, count, 1, 0, 'float32'), 1), points);
  for (let step = 0; step < STEPS; step++) {
    const weights = tf.square(kernel(tf.sum(tf.square(tf.sub(points, at)), 2, true)));
    at = tf.div(tf.sum(tf.mul(weights, points), 1, true), tf.sum(weights, 1, true));
  }
  return tf.squeeze(tf.add(center, tf.mul(at, scale)), [1]);
}
