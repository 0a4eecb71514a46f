import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../../nn/positiveInteger.ts';
import { checkOptions } from '../../options/checkArguments.ts';
import { Bijector, type WithLogDet } from '../bijector.ts';
import { inverseNegativeSlope, negativeSlope } from './negativeSlope.ts';

const MIN_SLOPE = 0.01;

/** Options of {@link PRelu}. */
export interface PReluOptions {
  /** The size of the last axis: one slope for each entry. Absent: one slope for all, of inputs of any size. */
  readonly dim?: number;
  /** The slope before training, greater than 0.01. */
  readonly initialSlope?: number;
  /**
   * How far from 0 inputs lend the log-determinant's jump a gradient; 0 by default, which is the gradient of each log-determinant by
   * itself. See {@link PRelu}.
   */
  readonly crossingWidth?: number;
}

/**
 * y = x for x ≥ 0 and slope·x for x < 0 with a learned slope |a| + 0.01; log-determinant 0 and log slope. The identity at
 * first.
 *
 * The log-determinant jumps where x passes 0. The mean of a log-density over data changes as data pass, which the gradient of each
 * log-density by itself does not see: learned by that, the kinks of a flow leave the data, and a Gaussian is left. With a
 * `crossingWidth` w the indicator of x < 0 has the gradient of σ(−x / w) in the log-determinant: values stay what they are, and in the
 * mean over data of a density that is smooth at this scale the gradient is right up to a part of order w².
 *
 * He et al., "Delving Deep into Rectifiers", arXiv:1502.01852.
 */
export class PRelu extends Bijector {
  readonly eventNdims = 0;
  override readonly dim: number | undefined;
  /** `[dim]`, or a scalar where the slope is shared. */
  readonly a: tf.Variable;
  readonly crossingWidth: number;

  /** @throws if `dim` is no positive integer, `initialSlope` not above 0.01, or `crossingWidth` negative */
  constructor(options: PReluOptions = {}) {
    super();
    const {
      dim,
      initialSlope = 1,
      crossingWidth = 0,
    } = checkOptions('PRelu', options, {
      dim: [Number, undefined],
      initialSlope: [Number, undefined],
      crossingWidth: [Number, undefined],
    });
    this.dim = dim === undefined ? undefined : positiveInteger('PRelu', 'dim', dim);
    if (!(initialSlope > MIN_SLOPE)) {
      throw new Error(`PRelu: wanted an initialSlope above ${MIN_SLOPE}, got ${initialSlope}`);
    }
    if (!(crossingWidth >= 0 && crossingWidth < Number.POSITIVE_INFINITY)) {
      throw new Error(`PRelu: wanted a crossingWidth of 0 or more, got ${crossingWidth}`);
    }
    this.crossingWidth = crossingWidth;
    this.a = tf.tidy(() => tf.variable(tf.fill(dim === undefined ? [] : [dim], initialSlope - MIN_SLOPE), true));
  }

  override monotonicity(): 1 {
    return 1;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return negativeSlope(x, this.#slope(), this.crossingWidth);
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return inverseNegativeSlope(y, this.#slope(), this.crossingWidth);
  }

  #slope(): tf.Tensor {
    return tf.add(tf.abs(this.a), MIN_SLOPE);
  }
}
