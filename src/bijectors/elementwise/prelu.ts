import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../../nn/positiveInteger.ts';
import { Bijector, type WithLogDet } from '../bijector.ts';
import { inverseNegativeSlope, negativeSlope } from './negativeSlope.ts';

const MIN_SLOPE = 0.01;

export interface PReluOptions {
  /** The size of the last axis: one slope for each entry. Absent: one slope for all, of inputs of any size. */
  readonly dim?: number;
  /** The slope before training, greater than 0.01. */
  readonly initialSlope?: number;
}

/**
 * y = x for x ≥ 0 and slope·x for x < 0 with a learned slope |a| + 0.01; log-determinant 0 and log slope. The identity at
 * first.
 *
 * He et al., "Delving Deep into Rectifiers", arXiv:1502.01852.
 */
export class PRelu extends Bijector {
  readonly eventNdims = 0;
  override readonly dim: number | undefined;
  /** `[dim]`, or a scalar where the slope is shared. */
  readonly a: tf.Variable;

  /** @throws if `dim` is no positive integer or `initialSlope` not above 0.01 */
  constructor({ dim, initialSlope = 1 }: PReluOptions = {}) {
    super();
    this.dim = dim === undefined ? undefined : positiveInteger('PRelu', 'dim', dim);
    if (!(initialSlope > MIN_SLOPE)) {
      throw new Error(`PRelu: wanted an initialSlope above ${MIN_SLOPE}, got ${initialSlope}`);
    }
    this.a = tf.tidy(() => tf.variable(tf.fill(dim === undefined ? [] : [dim], initialSlope - MIN_SLOPE), true));
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return negativeSlope(x, this.#slope());
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return inverseNegativeSlope(y, this.#slope());
  }

  #slope(): tf.Tensor {
    return tf.add(tf.abs(this.a), MIN_SLOPE);
  }
}
