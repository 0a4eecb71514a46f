import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../nn/stopGradient.ts';
import { HALF_LOG_TWO_PI } from './halfLogTwoPi.ts';
import { millsRatio, tailPoint } from './millsRatio.ts';

const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);
/** Beyond it the tail is 0 in float32. */
const FAR = 40;
/** A sixteenth of a whole number below 256 has an exact square. */
const GRID = 16;
const LEAST = 2 ** -126;

/** Φ(x), the distribution function of the standard normal, elementwise: with a small relative error on the left. Its gradient is φ(x). */
export function ndtr(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((...args) => {
    const [at, save] = args as [tf.Tensor, tf.GradSaveFunc];
    save([at]);
    const tail = upperTail(tf.abs(at));
    return {
      value: tf.where(tf.less(at, 0), tail, tf.sub(1, tail)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [tf.mul(dy, density(saved[0]!))],
    };
  })(x);
}

/**
 * Φ⁻¹, elementwise: the x with Φ(x) = below, 1 − Φ(x) = above, of which the smaller counts. −∞ and ∞ where one is 0.
 */
export function ndtri(below: tf.Tensor, above: tf.Tensor = tf.sub(1, below)): tf.Tensor {
  const [left, right] = [tailQuantile(tf.minimum(below, 0.5)), tailQuantile(tf.minimum(above, 0.5))];
  const isLeft = stopGradient(() => tf.less(below, above));
  return tf.where(isLeft, tf.neg(left), right);
}

/** φ(x). */
function density(x: tf.Tensor): tf.Tensor {
  return tf.div(tf.exp(tf.mul(tf.square(x), -0.5)), ROOT_TWO_PI);
}

/** 1 − Φ(x) for x ≥ 0. With h near x, x² = h² + (x − h)(x + h), whose first part is exact: it is large where the tail is small. */
function upperTail(x: tf.Tensor): tf.Tensor {
  const near = tf.minimum(x, FAR);
  const h = tf.div(tf.floor(tf.mul(near, GRID)), GRID);
  const rest = tf.exp(tf.mul(tf.mul(tf.sub(near, h), tf.add(near, h)), -0.5));
  return tf.mul(tf.exp(tf.mul(tf.square(h), -0.5)), tf.mul(rest, tf.div(millsRatio(near), ROOT_TWO_PI)));
}

/** The x ≥ 0 with 1 − Φ(x) = q, for q ≤ ½. */
function tailQuantile(q: tf.Tensor): tf.Tensor {
  return tf.customGrad((...args) => {
    const [tail, save] = args as [tf.Tensor, tf.GradSaveFunc];
    const logTail = tf.add(tf.log(tf.maximum(tail, LEAST)), HALF_LOG_TWO_PI);
    const inside = tailPoint(logTail, tf.zerosLike(logTail));
    const value = tf.where(tf.equal(tail, 0), tf.fill(tail.shape, Number.POSITIVE_INFINITY), inside);
    save([value]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [tf.neg(tf.div(dy, density(saved[0]!)))],
    };
  })(q);
}
