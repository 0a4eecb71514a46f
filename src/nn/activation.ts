import * as tf from '@tensorflow/tfjs-core';

const activations = {
  identity: (x: tf.Tensor): tf.Tensor => x,
  tanh: (x: tf.Tensor): tf.Tensor => tf.tanh(x),
  relu: (x: tf.Tensor): tf.Tensor => tf.relu(x),
  leakyRelu: (x: tf.Tensor): tf.Tensor => tf.leakyRelu(x, 0.01),
  elu: (x: tf.Tensor): tf.Tensor => tf.elu(x),
  silu: (x: tf.Tensor): tf.Tensor => tf.mul(x, tf.sigmoid(x)),
  sigmoid: (x: tf.Tensor): tf.Tensor => tf.sigmoid(x),
  softplus: (x: tf.Tensor): tf.Tensor => tf.softplus(x),
};

/** The name of an elementwise activation. `leakyRelu` has slope 0.01, `elu` α = 1, `silu` is x·σ(x). */
export type Activation = keyof typeof activations;

export const activationNames = Object.keys(activations) as Activation[];

/** @throws if there is no activation of that name; the error lists them. */
export function activationFunction(name: Activation): (x: tf.Tensor) => tf.Tensor {
  if (!Object.hasOwn(activations, name)) {
    throw new Error(`activation: wanted one of ${activationNames.join(', ')}, got '${name}'`);
  }
  return activations[name];
}
