import * as tf from '@tensorflow/tfjs-core';
import { portableMath } from '../../portableMath.ts';
import { Bijector, type Monotonicity, type WithLogDet } from '../bijector.ts';

/**
 * y = xᵖ on x > 0; log-determinant log|p| + (p − 1) log x.
 *
 * Both directions, the inverse with 1/p for p, clamp their input to at least 2^(−126 / max(1, |p|, |p − 1|)), so that the value
 * and its slope are finite there, with gradient 0 below. A result beyond the range of float32 is infinity.
 */
export class Power extends Bijector {
  readonly eventNdims = 0;
  readonly power: number;

  /** @throws if the power is 0 or not finite */
  constructor(power: number) {
    super();
    if (power === 0 || !Number.isFinite(power)) {
      throw new Error(`Power: wanted a finite power other than 0, got ${power}`);
    }
    this.power = power;
  }

  override monotonicity(): Monotonicity {
    return this.power > 0 ? 1 : -1;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return raise(x, this.power);
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return raise(y, 1 / this.power);
  }
}

function raise(x: tf.Tensor, power: number): WithLogDet {
  const steepest = Math.max(1, Math.abs(power), Math.abs(power - 1));
  const positive = tf.maximum(x, 2 ** (-126 / steepest));
  return [tf.pow(positive, power), tf.add(tf.mul(tf.log(positive), power - 1), portableMath.log(Math.abs(power)))];
}
