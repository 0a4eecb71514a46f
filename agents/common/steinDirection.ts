import * as tf from '@tensorflow/tfjs-core';
import { portableMath } from '../../src/index.ts';

/**
 * The direction in which particles move to become samples of a density p, in the unit ball of a kernel's space the one in which their
 * KL divergence to p falls fastest:
 *
 *   φ(uᵢ) = 1/M Σⱼ [κ(uⱼ, uᵢ) ∇ log p(uⱼ) + ∇_{uⱼ} κ(uⱼ, uᵢ)],  κ(u, u′) = exp(−‖u − u′‖² / h),  h = mean ‖uᵢ − uⱼ‖² / log M:
 *
 * the first part draws them to where p is large, the second pushes them apart. The mean is over all M² pairs; the paper takes the median, whose sorting costs more than the rest.
 *
 * Liu & Wang, "Stein Variational Gradient Descent", arXiv:1608.04471.
 *
 * @param particles `[batch, M, dim]`, M ≥ 2: a set of particles for each row of the batch
 * @param scores `[batch, M, dim]`, ∇ log p at the particles
 * @param wrap brings a difference of two particles to the shortest one where there are several, as of angles
 * @returns `[batch, M, dim]`
 */
export function steinDirection(
  particles: tf.Tensor,
  scores: tf.Tensor,
  wrap: (difference: tf.Tensor) => tf.Tensor = (difference) => difference,
): tf.Tensor {
  const count = particles.shape[1]!;
  // [batch, i, j, dim]: uᵢ − uⱼ
  const differences = wrap(tf.sub(tf.expandDims(particles, 2), tf.expandDims(particles, 1)));
  const squares = tf.sum(tf.square(differences), 3);
  // Where all are in one place the kernel is 1 for any width.
  const width = tf.maximum(tf.div(tf.mean(squares, [1, 2], true), portableMath.log(count)), 1e-6);
  const kernel = tf.exp(tf.neg(tf.div(squares, width)));
  const drawn = tf.matMul(kernel, scores);
  const pushed = tf.sum(tf.mul(tf.expandDims(tf.div(tf.mul(2, kernel), width), 3), differences), 2);
  return tf.div(tf.add(drawn, pushed), count);
}
