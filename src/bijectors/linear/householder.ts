import * as tf from '@tensorflow/tfjs-core';
import { checkArgument } from '../../options/checkArguments.ts';
import { Bijector, type WithLogDet } from '../bijector.ts';
import { unitSlices } from './unitSlices.ts';
import { unitVectors } from './unitVectors.ts';

/**
 * An orthogonal map: y = H_K … H_1 x with reflections H_k = I − 2 v_k v_kᵀ / ‖v_k‖²; log-determinant 0. With as many reflections as
 * dimensions it may be every orthogonal matrix. Where a v_k is 0, H_k is the identity.
 *
 * Tomczak & Welling, "Improving Variational Auto-Encoders using Householder Flow", arXiv:1611.09630.
 */
export class Householder extends Bijector {
  readonly eventNdims = 1;
  override readonly dim: number;
  /** `[..., reflections, dim]` */
  readonly v: tf.Tensor;

  /** @throws if `v` has no reflections or no dimensions */
  constructor(v: tf.Tensor) {
    super();
    checkArgument('Householder', 'v', v, tf.Tensor);
    if (v.rank < 2 || v.shape.slice(-2).includes(0)) {
      throw new Error(`Householder: wanted v [..., reflections, dim], got [${v.shape}]`);
    }
    this.dim = v.shape.at(-1)!;
    this.v = v;
  }

  override get parameterShape(): readonly number[] {
    return [...this.v.shape.slice(0, -2), this.dim];
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return reflected(x, this.#units());
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return reflected(y, this.#units().reverse());
  }

  #units(): tf.Tensor[] {
    return unitSlices(unitVectors(this.v), -2).map((unit) => tf.squeeze(unit, [-2]));
  }
}

function reflected(x: tf.Tensor, units: readonly tf.Tensor[]): WithLogDet {
  const value = units.reduce(
    (point, unit) => tf.sub(point, tf.mul(tf.mul(tf.sum(tf.mul(point, unit), -1, true), 2), unit)),
    x,
  );
  return [value, tf.zeros(value.shape.slice(0, -1))];
}
