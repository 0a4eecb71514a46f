import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../nn/stopGradient.ts';
import { logExcess } from './excess.ts';
import { RAISED } from './stirling.ts';

/** Coefficients of y⁻¹, y⁻³, … in Stirling's series. */
const SERIES = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680] as const;

/**
 * The Bregman divergence F(q) − F(p) − (q − p) F′(p) of F(y) = log Γ(y) − y log y + y, for p, q > 0, elementwise: ≥ 0, and right
 * relative to its own size, since it is written in the difference d = q − p. With log Γ's own divergence
 *
 *     log Γ(q) − log Γ(p) − (q − p) ψ(p) = lgammaExcess(p, q) + q log(q/p) − (q − p)
 *
 * By Stirling's series F(y) = −½ log y + ½ log 2π + Σ cₙ y⁻ⁿ, each term of which has a divergence in closed form. Where p or q is small
 * both are raised by n = 4: with P = p + n and Q = q + n that adds
 *
 *     Σ_{k<n} ℓ(p + k, q + k) − n ℓ(P, Q) − n² d²/(p P Q) + q ℓ(p Q, q P),     ℓ(p, q) = (q − p)/p − log(q/p)
 *
 * @param d q − p, if it is known better than from p and q
 */
export function lgammaExcess(p: tf.Tensor, q: tf.Tensor, d = tf.sub(q, p)): tf.Tensor {
  const isSmall = stopGradient(() => tf.less(tf.minimum(p, q), RAISED));
  const [above, alsoAbove] = [tf.add(p, RAISED), tf.add(q, RAISED)];
  const [from, to] = [tf.where(isSmall, above, p), tf.where(isSmall, alsoAbove, q)];
  const large = tf.add(tf.mul(logExcess(from, to, d), 0.5), seriesExcess(from, to, d));

  const steps = Array.from({ length: RAISED }, (_, k) => logExcess(tf.add(p, k), tf.add(q, k), d));
  const sum = tf.sub(tf.addN(steps), tf.mul(logExcess(above, alsoAbove, d), RAISED));
  const share = tf.mul(tf.div(d, p), RAISED);
  const square = tf.mul(share, tf.mul(tf.div(d, tf.mul(above, alsoAbove)), RAISED));
  const joint = tf.mul(q, logExcess(tf.mul(p, alsoAbove), tf.mul(q, above), tf.mul(d, RAISED)));
  return tf.add(large, tf.where(isSmall, tf.sub(tf.add(sum, joint), square), tf.zerosLike(sum)));
}

/** The divergence of Σ cₙ y⁻ⁿ: of y⁻ⁿ it is d²/(p q) Σ_{j<n} (n − j) p^(j−n) q^−j. */
function seriesExcess(p: tf.Tensor, q: tf.Tensor, d: tf.Tensor): tf.Tensor {
  const [u, v] = [tf.reciprocal(p), tf.reciprocal(q)];
  const terms = SERIES.map((c, i) => {
    const n = 2 * i + 1;
    // Horner's rule in v, from j = n − 1 down.
    let [sum, power]: [tf.Tensor, tf.Tensor] = [u, u];
    for (let j = n - 2; j >= 0; j--) {
      power = tf.mul(power, u);
      sum = tf.add(tf.mul(sum, v), tf.mul(power, n - j));
    }
    return tf.mul(sum, c);
  });
  return tf.mul(tf.mul(tf.mul(d, u), tf.mul(d, v)), tf.addN(terms));
}
