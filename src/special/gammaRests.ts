import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../nn/stopGradient.ts';
import { inverseSum } from './digamma.ts';
import { digammaCorrection, RAISED, stirlingCorrection } from './stirling.ts';

/** log Γ(y) − (y − ½) log y + y − ½ log 2π for y > 0, elementwise: what Stirling's formula leaves, about 1/(12 y). */
export function lgammaRest(y: tf.Tensor): tf.Tensor {
  const above = tf.add(y, RAISED);
  // From y to y + 1 the formula gains (y + ½) log(1 + 1/y) − 1.
  const gains = Array.from({ length: RAISED }, (_, k) => {
    const at = tf.add(y, k);
    return tf.sub(tf.mul(tf.add(at, 0.5), tf.log1p(tf.reciprocal(at))), 1);
  });
  return fromAbove(y, stirlingCorrection, above, tf.addN(gains));
}

/** ψ(y) − log y < 0 for y > 0, elementwise, about −1/(2 y); −1/y for small y. */
export function digammaRest(y: tf.Tensor): tf.Tensor {
  const above = tf.add(y, RAISED);
  return fromAbove(y, digammaCorrection, above, tf.sub(tf.log1p(tf.div(RAISED, y)), inverseSum(y, RAISED)));
}

/** A series at y, or for small y the series at y + 4 and what lies between. */
function fromAbove(
  y: tf.Tensor,
  series: (at: tf.Tensor) => tf.Tensor,
  above: tf.Tensor,
  between: tf.Tensor,
): tf.Tensor {
  const isSmall = stopGradient(() => tf.less(y, RAISED));
  return tf.add(series(tf.where(isSmall, above, y)), tf.where(isSmall, between, tf.zerosLike(between)));
}
