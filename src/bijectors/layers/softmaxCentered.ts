import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../../nn/positiveInteger.ts';
import { stopGradient } from '../../nn/stopGradient.ts';
import { portableMath } from '../../portableMath.ts';
import { Bijector, type WithLogDet } from '../bijector.ts';

const LOWEST = 2 ** -126;

/**
 * y = softmax([x₁, …, x_dim, 0]), from vectors of `dim` numbers onto the inside of the simplex of `dim` + 1;
 * xᵢ = log yᵢ − log y_{dim+1}.
 *
 * Log-determinant log √det(JᵀJ) = ½ log(dim + 1) + Σ log yᵢ over all `dim` + 1 entries: densities are per area of the simplex,
 * as TensorFlow Probability has it. A density over the first `dim` entries alone, as a Dirichlet's is written, is larger by
 * √(dim + 1).
 *
 * The inverse looks at the ratios of y alone, so that it may miss the simplex by roundings. Entries are clamped to at least 2⁻¹²⁶,
 * with gradient 0 below.
 */
export class SoftmaxCentered extends Bijector {
  readonly eventNdims = 1;
  override readonly dim: number;

  /** @throws if `dim` is no positive integer */
  constructor(dim: number) {
    super();
    this.dim = positiveInteger('SoftmaxCentered', 'dim', dim);
  }

  override get outputDim(): number {
    return this.dim + 1;
  }

  override get parameterShape(): readonly number[] {
    return [];
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    const logits = tf.concat([x, tf.zeros([...x.shape.slice(0, -1), 1])], -1);
    const highest = stopGradient(() => tf.max(logits, -1, true));
    const lowered = tf.sub(logits, highest);
    const logY = tf.sub(lowered, tf.log(tf.sum(tf.exp(lowered), -1, true)));
    return [tf.exp(logY), this.#logDet(logY)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const positive = tf.maximum(y, LOWEST);
    const logs = tf.log(positive);
    const [own, last] = tf.split(logs, [this.dim, 1], -1) as [tf.Tensor, tf.Tensor];
    const logY = tf.sub(logs, tf.log(tf.sum(positive, -1, true)));
    return [tf.sub(own, last), tf.neg(this.#logDet(logY))];
  }

  #logDet(logY: tf.Tensor): tf.Tensor {
    return tf.add(tf.sum(logY, -1), 0.5 * portableMath.log(this.dim + 1));
  }
}
