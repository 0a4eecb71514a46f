import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../../options/checkArguments.ts';
import { Bijector, type WithLogDet } from '../bijector.ts';
import { inverseNegativeSlope, negativeSlope } from './negativeSlope.ts';

/** y = x for x ≥ 0 and slope·x for x < 0, with a fixed slope; log-determinant 0 and log slope. {@link PRelu} learns it. */
export class LeakyRelu extends Bijector {
  readonly eventNdims = 0;
  readonly slope: number;

  /** @throws if the slope is no positive number */
  constructor(options: { readonly slope?: number } = {}) {
    super();
    const { slope = 0.2 } = checkOptions('LeakyRelu', options, { slope: [Number, undefined] });
    if (!(slope > 0 && slope < Number.POSITIVE_INFINITY)) {
      throw new Error(`LeakyRelu: wanted a positive slope, got ${slope}`);
    }
    this.slope = slope;
  }

  override monotonicity(): 1 {
    return 1;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return negativeSlope(x, tf.scalar(this.slope));
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return inverseNegativeSlope(y, tf.scalar(this.slope));
  }
}
