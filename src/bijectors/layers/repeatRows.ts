import * as tf from '@tensorflow/tfjs-core';
import { broadcast } from '../broadcast.ts';

/** `[batch, n]` repeated as a whole to `[rows, n]`. */
export function repeatRows(x: tf.Tensor, rows: number): tf.Tensor {
  const [batch, width] = x.shape as [number, number];
  if (batch === rows) return x;
  return tf.reshape(broadcast(x, [rows / batch, batch, width]), [rows, width]);
}
