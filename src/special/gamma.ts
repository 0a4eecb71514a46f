import * as tf from '@tensorflow/tfjs-core';
import { stopGradient, withGradient } from '../nn/tensors.ts';
import { expExcess, HALF_LOG_TWO_PI, logExcess, polynomial } from './elementary.ts';
import { bothSides, type LogTail, powerChange, shareGradients, tailQuadrature, tailRoot } from './quadrature.ts';

/**
 * log Γ(x) for x > 0, elementwise; ∞ at 0. With y = x + 4 and Stirling's series at y:
 *
 *     log Γ(x) = (x − ½) log y − y + ½ log 2π + 1/(12 y) − … − log Π_{k<4} (x + k)/y
 */
export function lgamma(x: tf.Tensor): tf.Tensor {
  const y = tf.add(x, RAISED);
  const quotients = Array.from({ length: RAISED }, (_, k) => tf.div(tf.add(x, k), y));
  const main = tf.sub(tf.mul(tf.sub(x, 0.5), tf.log(y)), tf.sub(y, HALF_LOG_TWO_PI));
  return tf.add(
    main,
    tf.sub(stirlingCorrection(y), tf.log(quotients.reduce((product, each) => tf.mul(product, each)))),
  );
}

/**
 * ψ(x) = d/dx log Γ(x) for x > 0, elementwise. With y = x + 4:
 *
 *     ψ(x) = log y − 1/(2 y) − 1/(12 y²) + … − Σ_{k<4} 1/(x + k)
 */
export function digamma(x: tf.Tensor): tf.Tensor {
  const y = tf.add(x, RAISED);
  return tf.sub(tf.add(tf.log(y), digammaCorrection(y)), inverseSum(x, RAISED));
}

/** Σ_{k<count} 1/(x + k). */
function inverseSum(x: tf.Tensor, count: number): tf.Tensor {
  return Array.from({ length: count }, (_, k) => tf.reciprocal(tf.add(x, k))).reduce((sum, each) => tf.add(sum, each));
}

/** Coefficients of y⁻¹, y⁻³, … in Stirling's series. */
const EXCESS_SERIES = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680] as const;

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
  const terms = EXCESS_SERIES.map((c, i) => {
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

/** −γ, ζ(2)/2, −ζ(3)/3, … */
const LGAMMA_SERIES = [
  -0.5772156649015329, 0.8224670334241132, -0.40068563438653143, 0.27058080842778454, -0.207385551028674,
  0.16955717699740822, -0.14404989676884614, 0.12550966952474304, -0.11133426586956469,
] as const;

/** log Γ(1 + d)/d for 0 ≤ d ≤ 1/8, elementwise. */
export function lgamma1pRatio(d: tf.Tensor): tf.Tensor {
  return polynomial(d, LGAMMA_SERIES);
}

/** Arguments are raised by this much, by the recurrence, before an asymptotic series is used. */
export const RAISED = 4;

/** log Γ(y) − (y − ½) log y + y − ½ log 2π for y ≥ 4, by Stirling's series: to 5·10⁻¹⁰. */
export function stirlingCorrection(y: tf.Tensor): tf.Tensor {
  return tf.mul(inEvenPowers(y, [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188]), tf.reciprocal(y));
}

/** ψ(y) − log y for y ≥ 4, by the derivative of Stirling's series: to 10⁻⁸. */
function digammaCorrection(y: tf.Tensor): tf.Tensor {
  const inverse = tf.reciprocal(y);
  const series = inEvenPowers(y, [-1 / 12, 1 / 120, -1 / 252, 1 / 240]);
  return tf.mul(inverse, tf.sub(tf.mul(series, inverse), 0.5));
}

/** Σ cₖ y^(−2k). */
function inEvenPowers(y: tf.Tensor, coefficients: readonly number[]): tf.Tensor {
  return polynomial(tf.square(tf.reciprocal(y)), coefficients);
}

/** Below it a tail is written as the power that it nearly is. */
const SMALL = 1 / 8;

/**
 * log of x^a e⁻ˣ / Γ(a), the density of log x of Gamma(a), elementwise, at x = a·e^over. With σ = {@link lgammaRest}
 *
 *     ½ log(a/(2π)) − σ(a) − a (e^over − 1 − over)
 *
 * in which nothing grows and cancels. Gradients are those by a at a fixed x, and by log x, in closed form.
 *
 * @param logX takes the gradient by log x; its value is that of `over` + log a
 * @param over takes no gradient
 */
export function logGammaLogDensity(a: tf.Tensor, logX: tf.Tensor, over: tf.Tensor): tf.Tensor {
  return withGradient(
    [a, logX, over],
    (shape, _, from) => logDensity(shape, from),
    (dy, [shape, , from]) => [
      tf.mul(dy, tf.sub(from, digammaRest(shape))),
      tf.neg(tf.mul(dy, tf.mul(shape, tf.expm1(from)))),
      tf.zerosLike(from),
    ],
  );
}

/**
 * P(a, x) and Q(a, x) = 1 − P(a, x), what Gamma(a) has below and above x = a·e^over, elementwise: what lies on the other side of the
 * mean to 10⁻⁵ of its own size, from a = 10⁻³ to 10⁶, and so the rest, where that is smaller, of small a. Gradients are exact: the density by
 * log x, and by a −density times the slope of log x.
 *
 * By quadrature in −log x, or in x.
 *
 * @param logX takes the gradient by log x; its value is that of `over` + log a
 * @param over takes no gradient
 */
export function incompleteGamma(a: tf.Tensor, logX: tf.Tensor, over: tf.Tensor) {
  const logWithin = withGradient(
    [a, logX, over],
    (shape, _, from) => logTailAt(shape, from).logTail,
    (dy, [shape, , from]) => {
      const hazard = tf.div(dy, tf.sum(tailOf(shape, from).share, 0));
      const slope = tf.where(tf.less(from, 0), hazard, tf.neg(hazard));
      const byShape = tf.add(slopeOver(shape, from), tf.reciprocal(shape));
      return [tf.neg(tf.mul(slope, byShape)), slope, tf.zerosLike(from)];
    },
  );
  return bothSides(logWithin, over);
}

/**
 * `over` = log(x/a) of the x with P(a, x) = below, elementwise, by {@link tailRoot}. Gradients are exact: 1/density by the smaller of `below` and
 * `above`, and by a {@link slopeOver}.
 *
 * @param above 1 − below; the smaller of the two is the exact one, and no less than 10⁻⁴⁵
 */
export function incompleteGammaInverse(a: tf.Tensor, below: tf.Tensor, above: tf.Tensor): tf.Tensor {
  const root = (shape: tf.Tensor, left: tf.Tensor, right: tf.Tensor) =>
    tailRoot((over) => logTailAt(shape, over), left, right, tf.reciprocal(shape), tf.zerosLike(shape));
  return withGradient([a, below, above], root, (dy, [shape, left, right], over) => [
    tf.mul(dy, slopeOver(shape, over)),
    ...shareGradients(dy, logDensity(shape, over), left, right),
  ]);
}

/**
 * ∂/∂a of `over` = log(x/a) of x from Gamma(a) at a fixed value of the distribution function. That of log x itself is larger by 1/a, which
 * for large a is nearly all of it.
 */
export function slopeOver(a: tf.Tensor, over: tf.Tensor): tf.Tensor {
  const { isLeft, x, node, share } = tailOf(a, over);
  const mass = tf.sum(share, 0);
  // Small a: of log x, by the score log x − ψ(a), on the left integrated by parts, which leaves ψ(a + 1); no terms cancel.
  const next = tf.add(digammaRest(tf.add(a, 1)), tf.log1p(tf.reciprocal(a)));
  const moved = tf.sum(tf.mul(share, tf.mul(node, tf.exp(tf.neg(node)))), 0);
  const left = tf.sub(tf.mul(tf.div(x, a), moved), tf.mul(tf.sub(over, next), mass));
  const along = tf.log1p(node);
  const right = tf.add(tf.mul(tf.sub(over, digammaRest(a)), mass), tf.sum(tf.mul(share, along), 0));
  const small = tf.sub(tf.where(isLeft, left, right), tf.reciprocal(a));
  // Large a: of log(x/a), by the score −(e^over − 1 − over) − (ψ(a) − log a).
  const at = tf.add(over, tf.where(isLeft, tf.neg(node), along));
  const lost = tf.add(tf.sum(tf.mul(share, expExcess(at)), 0), tf.mul(digammaRest(a), mass));
  return tf.where(tf.less(a, 1), small, tf.where(isLeft, lost, tf.neg(lost)));
}

function logDensity(a: tf.Tensor, over: tf.Tensor): tf.Tensor {
  const root = tf.sub(tf.mul(tf.log(a), 0.5), tf.add(lgammaRest(a), HALF_LOG_TWO_PI));
  return tf.sub(root, tf.mul(a, expExcess(over)));
}

/**
 * What lies on the other side of the mean a: with q the density of log x
 *
 *     P/q = ∫₀^∞ e^(−a z + x (1 − e⁻ᶻ)) dz,   z = log(x/u) of the points u < x
 *     Q/q = ∫₀^∞ e^(−x y) (1 + y)^(a − 1) dy,   y = u/x − 1 of the points u > x
 *
 * with exponents that are sums of terms of one sign.
 */
function tailOf(a: tf.Tensor, over: tf.Tensor) {
  const isLeft = tf.less(over, 0);
  // Beyond e⁶⁰ times the mean the density is 0, and stays so.
  const within = tf.minimum(over, 60);
  const x = tf.mul(a, tf.exp(within));
  const gap = tf.abs(tf.mul(a, tf.expm1(within)));
  const spread = tf.minimum(tf.sqrt(x), tf.maximum(a, x));
  const { nodes: node, weights } = tailQuadrature(tf.reciprocal(tf.add(gap, spread)));
  const left = tf.add(tf.mul(gap, node), tf.mul(x, expExcess(tf.neg(node))));
  const bend = tf.mul(tf.sub(a, 1), logExcess(tf.onesLike(node), tf.add(node, 1), node));
  const flat = tf.sub(tf.mul(x, node), tf.mul(tf.sub(a, 1), tf.log1p(node)));
  const right = tf.where(tf.greater(a, 1), tf.add(tf.mul(tf.add(gap, 1), node), bend), flat);
  const share = tf.mul(tf.exp(tf.neg(tf.where(isLeft, left, right))), weights);
  return { isLeft, x, node, share };
}

/** The log of what lies on the other side of the mean, and how it falls. */
function logTailAt(a: tf.Tensor, over: tf.Tensor): LogTail {
  const { isLeft, share } = tailOf(a, over);
  const mass = tf.sum(share, 0);
  const plain = tf.add(logDensity(a, over), tf.log(mass));
  const isPower = tf.logicalAnd(isLeft, tf.less(a, SMALL));
  return {
    logTail: tf.minimum(tf.where(isPower, logPower(a, tf.add(tf.minimum(over, 0), tf.log(a))), plain), 0),
    mass,
    fall: tf.abs(tf.mul(a, tf.expm1(tf.minimum(over, 60)))),
  };
}

/**
 * log P(a, x) for x < a < 1/8, where that is nearly all of the mass, and what it lacks counts:
 *
 *     a (log x − log Γ(1 + a)/a) + log(1 + a ∫₀¹ u^(a − 1) (e^(−x u) − 1) du)
 */
function logPower(a: tf.Tensor, logX: tf.Tensor): tf.Tensor {
  const x = tf.exp(logX);
  const change = powerChange(a, (u) => tf.expm1(tf.neg(tf.mul(x, u))));
  return tf.add(tf.mul(a, tf.sub(logX, lgamma1pRatio(a))), tf.log1p(tf.mul(a, change)));
}
