import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../nn/stopGradient.ts';
import { logExcess } from './excess.ts';
import { twoProduct } from './twoProduct.ts';

/**
 * Σ qᵢ log((qᵢ/Σq) / (pᵢ/Σp)) over the last axis for q, p > 0: Σq times the divergence between the proportions of q and those of p.
 * It is 0 where the two are in proportion, and right relative to its own size next to that.
 *
 * A sum of terms that are no less than 0, qᵢ (xᵢ − log(1 + xᵢ)) with 1 + xᵢ = (pᵢ/Σp)/(qᵢ/Σq).
 */
export function proportionExcess(q: tf.Tensor, p: tf.Tensor): tf.Tensor {
  const ratio = stopGradient(() => sumRatio(q, p));
  const apart = stopGradient(() => outOfProportion(q, p));
  // The gradient by the ratio c is −Σ (qᵢ − c pᵢ)/c = 0, and is left out.
  return tf.sum(tf.mul(q, logExcess(q, tf.mul(p, ratio), apart)), -1);
}

/** pᵢ Σq/Σp − qᵢ over the last axis for q, p > 0, right where it is small next to both; to be used as a constant. */
export function outOfProportion(q: tf.Tensor, p: tf.Tensor): tf.Tensor {
  // The quotient c of the sums is rounded, which does no harm: qᵢ − pᵢ Σq/Σp = eᵢ − pᵢ Σe/Σp where eᵢ = qᵢ − c pᵢ, for every c.
  const { high, low } = twoProduct(p, sumRatio(q, p));
  const rest = tf.sub(tf.sub(q, high), low);
  const lost = tf.div(tf.sum(rest, -1, true), tf.sum(p, -1, true));
  return tf.sub(tf.mul(p, lost), rest);
}

function sumRatio(q: tf.Tensor, p: tf.Tensor): tf.Tensor {
  return tf.div(tf.sum(q, -1, true), tf.sum(p, -1, true));
}
