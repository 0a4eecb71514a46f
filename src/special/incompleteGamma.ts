import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../nn/stopGradient.ts';
import { expExcess, logExcess } from './excess.ts';
import { digammaRest, lgammaRest } from './gammaRests.ts';
import { HALF_LOG_TWO_PI } from './halfLogTwoPi.ts';
import { lgamma1pRatio } from './lgamma1pRatio.ts';
import { powerChange } from './powerChange.ts';
import { surprisal } from './surprisal.ts';
import { tailQuadrature } from './tailQuadrature.ts';
import { type LogTail, tailRoot } from './tailRoot.ts';

/** Below it a tail is written as the power that it nearly is. */
const SMALL = 1 / 8;
/** e to it and to its negative are finite. */
const STEEPEST = 87;
/** The largest gradient by a share. It may be larger than float32 goes, and ∞·0 is NaN. */
const LARGEST = 2 ** 124;

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
  return tf.customGrad((...args) => {
    const [shape, , from, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([shape, from]);
    return {
      value: logDensity(shape, from),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [y, z] = saved as [tf.Tensor, tf.Tensor];
        return [tf.mul(dy, tf.sub(z, digammaRest(y))), tf.neg(tf.mul(dy, tf.mul(y, tf.expm1(z)))), tf.zerosLike(z)];
      },
    };
  })(a, logX, over);
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
  const logWithin = tf.customGrad((...args) => {
    const [shape, , from, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([shape, from]);
    return {
      value: logTailAt(shape, from).logTail,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [y, z] = saved as [tf.Tensor, tf.Tensor];
        const hazard = tf.div(dy, tf.sum(tailOf(y, z).share, 0));
        const slope = tf.where(tf.less(z, 0), hazard, tf.neg(hazard));
        const byShape = tf.add(slopeOver(y, z), tf.reciprocal(y));
        return [tf.neg(tf.mul(slope, byShape)), slope, tf.zerosLike(z)];
      },
    };
  })(a, logX, over);
  const isLeft = stopGradient(() => tf.less(over, 0));
  const [within, beyond] = [tf.exp(logWithin), tf.neg(tf.expm1(logWithin))];
  return { below: tf.where(isLeft, within, beyond), above: tf.where(isLeft, beyond, within) };
}

/**
 * `over` = log(x/a) of the x with P(a, x) = below, elementwise, by {@link tailRoot}. Gradients are exact: 1/density by the smaller of `below` and
 * `above`, and by a {@link slopeOver}.
 *
 * @param above 1 − below; the smaller of the two is the exact one, and no less than 10⁻⁴⁵
 */
export function incompleteGammaInverse(a: tf.Tensor, below: tf.Tensor, above: tf.Tensor): tf.Tensor {
  return tf.customGrad((...args) => {
    const [shape, left, right, save] = args as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const over = overOf(shape, left, right);
    save([shape, left, right, over]);
    return {
      value: over,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [y, lower, upper, z] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        const perMass = tf.exp(tf.clipByValue(tf.neg(logDensity(y, z)), -STEEPEST, STEEPEST));
        const slope = tf.clipByValue(tf.mul(dy, perMass), -LARGEST, LARGEST);
        const [isLower, none] = [tf.less(lower, upper), tf.zerosLike(z)];
        return [tf.mul(dy, slopeOver(y, z)), tf.where(isLower, slope, none), tf.where(isLower, none, tf.neg(slope))];
      },
    };
  })(a, below, above);
}

/** log(x/a) of the x with those shares below and above it. */
function overOf(a: tf.Tensor, below: tf.Tensor, above: tf.Tensor): tf.Tensor {
  const [toLeft, toRight] = [surprisal(below, above), surprisal(above, below)];
  const isLeft = tf.less(toRight, tf.neg(logTailAt(a, tf.zerosLike(a)).logTail));
  const side = tf.sub(1, tf.mul(tf.cast(isLeft, 'float32'), 2));
  const [perA, none] = [tf.reciprocal(a), tf.zerosLike(a)];
  const tail = (s: tf.Tensor) => logTailAt(a, tf.mul(side, s));
  const y = tf.where(isLeft, toLeft, toRight);
  return tf.mul(side, tailRoot(tail, y, tf.where(isLeft, perA, none), tf.where(isLeft, none, perA)));
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
