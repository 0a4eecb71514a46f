import * as tf from '@tensorflow/tfjs-core';
import { gaussLegendre } from './gaussLegendre.ts';

const { nodes: NODES, weights: WEIGHTS } = gaussLegendre(12);

/** ∫₀¹ u^(a − 1) g(u) du for 0 < a ≤ 1/8 and a smooth g with g(0) = 0, elementwise. @param g u of shape `[nodes, ...a's]` → the same */
export function powerChange(a: tf.Tensor, g: (u: tf.Tensor) => tf.Tensor): tf.Tensor {
  const along = (values: readonly number[]) => tf.tensor([...values], [values.length, ...a.shape.map(() => 1)]);
  const u = along(NODES);
  return tf.sum(tf.mul(tf.mul(tf.exp(tf.mul(tf.sub(a, 1), tf.log(u))), g(u)), along(WEIGHTS)), 0);
}
