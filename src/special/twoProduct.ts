import * as tf from '@tensorflow/tfjs-core';

/** 2¹² + 1: a float32 number's upper half is what is left of it after this multiple has been added and taken away. */
const SPLITTER = 4097;

/**
 * The product a·b of float32 numbers as a sum of two, elementwise: rounded, and what the rounding has lost (Dekker, "A floating-point
 * technique for extending the available precision", 1971). Exact below 10³⁴ in size, and above 10⁻³⁰.
 */
export function twoProduct(a: tf.Tensor, b: tf.Tensor): { high: tf.Tensor; low: tf.Tensor } {
  const high = tf.mul(a, b);
  const [aHigh, bHigh] = [upperHalf(a), upperHalf(b)];
  const [aLow, bLow] = [tf.sub(a, aHigh), tf.sub(b, bHigh)];
  const crossed = tf.add(tf.sub(tf.mul(aHigh, bHigh), high), tf.mul(aHigh, bLow));
  return { high, low: tf.add(tf.add(crossed, tf.mul(aLow, bHigh)), tf.mul(aLow, bLow)) };
}

function upperHalf(x: tf.Tensor): tf.Tensor {
  const multiple = tf.mul(x, SPLITTER);
  return tf.sub(multiple, tf.sub(multiple, x));
}
