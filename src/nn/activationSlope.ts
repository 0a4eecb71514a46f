import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from './activation.ts';

const slopes: Record<Activation, (x: tf.Tensor, y: tf.Tensor) => tf.Tensor> = {
  identity: (x) => tf.onesLike(x),
  tanh: (_, y) => tf.sub(1, tf.square(y)),
  relu: (x) => tf.step(x),
  leakyRelu: (x) => tf.step(x, 0.01),
  elu: (_, y) => tf.add(tf.minimum(y, 0), 1),
  silu: (x, y) => {
    const s = tf.sigmoid(x);
    return tf.add(s, tf.mul(y, tf.sub(1, s)));
  },
  sigmoid: (_, y) => tf.mul(y, tf.sub(1, y)),
  softplus: (x) => tf.sigmoid(x),
};

/** The derivative of an activation at x, where it is y. */
export function activationSlope(name: Activation): (x: tf.Tensor, y: tf.Tensor) => tf.Tensor {
  return slopes[name];
}
