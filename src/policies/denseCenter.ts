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
 * @param wrap brings a difference of two values to the shortest one where there are several, as of angles
 * @returns `[batch, dim]`; of one sample that sample
 */
export function denseCenter(
  samples: tf.Tensor,
  wrap: (difference: tf.Tensor) => tf.Tensor = (difference) => difference,
): tf.Tensor {
  const [count, , dim] = samples.shape as [number, number, number];
  if (count === 1) return tf.squeeze(samples, [0]);
  const points = tf.transpose(samples, [1, 0, 2]);
  const squaresBetween = tf.square(wrap(tf.sub(tf.expandDims(points, 2), tf.expandDims(points, 1))));
  // The mean squared difference of two samples is twice the variance, and so is h² in each component.
  const spread = tf.mul(tf.maximum(tf.mean(squaresBetween, [1, 2]), 1e-30), WIDTH * dim);
  const kernel = (squares: tf.Tensor, inUnitsOf: tf.Tensor): tf.Tensor =>
    tf.div(1, tf.add(1, tf.sum(tf.div(squares, inUnitsOf), -1)));

  const nearness = tf.sum(kernel(squaresBetween, tf.reshape(spread, [-1, 1, 1, dim])), 2);
  const best = tf.argMax(nearness, 1);
  let at = tf.matMul(tf.expandDims(tf.oneHot(best, count, 1, 0, 'float32'), 1), points);
  for (let step = 0; step < STEPS; step++) {
    const deviations = wrap(tf.sub(points, at));
    const weights = tf.expandDims(tf.square(kernel(tf.square(deviations), tf.expandDims(spread, 1))), 2);
    const move = tf.div(tf.sum(tf.mul(weights, deviations), 1, true), tf.sum(weights, 1, true));
    at = wrap(tf.add(at, move));
  }
  return tf.squeeze(at, [1]);
}
