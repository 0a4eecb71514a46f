import * as tf from '@tensorflow/tfjs-core';

/** All elements of the tensors side by side: `[Σ sizes]`. */
export function flatten(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.concat(tensors.map((tensor) => tf.reshape(tensor, [tensor.size])) as tf.Tensor1D[]);
}

/** The inverse of {@link flatten}: tensors of the shapes of `like`. */
export function unflatten(flat: tf.Tensor, like: readonly tf.Tensor[]): tf.Tensor[] {
  const parts = tf.split(
    flat,
    like.map((tensor) => tensor.size),
  );
  return like.map((tensor, i) => tf.reshape(parts[i]!, tensor.shape));
}
