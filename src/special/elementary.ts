import * as tf from '@tensorflow/tfjs-core';
import { select, stopGradient, withGradient } from '../nn/tensors.ts';
import { portableMath } from '../portableMath.ts';

/** 2/(n + 2)!: the series of (eˣ − 1 − x)/(x²/2). */
const EXPONENTIAL = Array.from({ length: 10 }, (_, n) => {
  let factorial = 1;
  for (let k = 3; k <= n + 2; k++) factorial *= k;
  return 1 / factorial;
});

/** 1/(2n + 3): the series of (artanh s − s)/s³ in s². */
const ARTANH = Array.from({ length: 8 }, (_, n) => 1 / (2 * n + 3));

/** eˣ − 1 − x ≥ 0, elementwise, relative to its own size. */
export function expExcess(x: tf.Tensor): tf.Tensor {
  const near = tf.clipByValue(x, -1, 1);
  const series = tf.mul(tf.mul(tf.square(near), 0.5), polynomial(near, EXPONENTIAL));
  return select(() => tf.less(tf.abs(x), 1), series, tf.sub(tf.expm1(x), x));
}

/**
 * d/p − log(q/p) ≥ 0 for p, q > 0 and d = q − p, elementwise, relative to its own size: x − log(1 + x) of x = d/p, and the Bregman
 * divergence of −log from p to q.
 *
 * The difference is given, since who calls may know it better than p and q do. Gradients are those by p and q; d takes none.
 */
export function logExcess(p: tf.Tensor, q: tf.Tensor, d: tf.Tensor): tf.Tensor {
  return withGradient([p, q, d], logExcessValue, (dy, [from, to, gap]) => {
    const slope = tf.mul(dy, tf.div(gap, from));
    return [tf.neg(tf.div(slope, from)), tf.div(slope, to), tf.zerosLike(gap)];
  });
}

function logExcessValue(p: tf.Tensor, q: tf.Tensor, d: tf.Tensor): tf.Tensor {
  const x = tf.div(d, p);
  const near = tf.clipByValue(x, -0.5, 1);
  // log(1 + x) = 2 artanh s with s = x/(2 + x), whose first term leaves x − 2s = x·s.
  const s = tf.div(near, tf.add(near, 2));
  const square = tf.square(s);
  const rest = tf.mul(tf.mul(tf.mul(square, s), 2), polynomial(square, ARTANH));
  const isNear = tf.logicalAnd(tf.greater(x, -0.5), tf.less(x, 1));
  return tf.where(isNear, tf.sub(tf.mul(near, s), rest), tf.sub(x, tf.log(tf.div(q, p))));
}

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

/** log(1 − eˣ) for x < 0, elementwise, without cancellation near 0 or far from it; −∞ at 0. */
export function log1mexp(x: tf.Tensor): tf.Tensor {
  const near = tf.log(tf.neg(tf.expm1(tf.maximum(x, -1))));
  const far = tf.log1p(tf.neg(tf.exp(tf.minimum(x, -0.5))));
  return select(() => tf.greater(x, -Math.LN2), near, far);
}

/** −log p ≥ 0 of a probability and the rest, 1 − p, of which the smaller is the exact one. */
export function surprisal(p: tf.Tensor, rest: tf.Tensor): tf.Tensor {
  const ofSmall = tf.neg(tf.log(tf.minimum(p, 0.5)));
  const ofLarge = tf.neg(tf.log1p(tf.neg(tf.minimum(rest, 0.5))));
  return select(() => tf.less(p, rest), ofSmall, ofLarge);
}

/** Σ cₖ xᵏ, by Horner's rule. */
export function polynomial(x: tf.Tensor, coefficients: readonly number[]): tf.Tensor {
  const [last, ...others] = coefficients.toReversed() as [number, ...number[]];
  return others.reduce<tf.Tensor>((sum, c) => tf.add(tf.mul(sum, x), c), tf.fill(x.shape, last));
}

/** ½ log 2π: −log of the standard normal density at 0. */
export const HALF_LOG_TWO_PI = 0.5 * portableMath.log(2 * Math.PI);

/** The Euler–Mascheroni constant γ = −Γ′(1). */
export const EULER = 0.5772156649015329;
