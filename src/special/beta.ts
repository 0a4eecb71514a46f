import * as tf from '@tensorflow/tfjs-core';
import { stopGradient, withGradient } from '../nn/tensors.ts';
import { expExcess, HALF_LOG_TWO_PI, logExcess } from './elementary.ts';
import { digamma, digammaRest, lgamma1pRatio, lgammaRest, RAISED, stirlingCorrection } from './gamma.ts';
import { bothSides, type LogTail, powerChange, shareGradients, tailQuadrature, tailRoot } from './quadrature.ts';

/**
 * log B(a, b) = log Γ(a) + log Γ(b) − log Γ(a + b) for a, b > 0, elementwise, without the cancellation of that sum: with up = a + 4 and
 * down = b + 4, by the recurrence and Stirling's series
 *
 *     log B(a, b) = rest − up · log(1 + down/up) − down · log(1 + up/down)
 *     rest = ½ log 2π + ½ log(1/up + 1/down) + series + log Π_{k<4} (a+b+2k)(a+b+2k+1) / ((a+k)(b+k))
 */
export function lbeta(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [up, down, sum] = [tf.add(a, RAISED), tf.add(b, RAISED), tf.add(a, b)];
  const large = tf.add(tf.mul(up, tf.log1p(tf.div(down, up))), tf.mul(down, tf.log1p(tf.div(up, down))));
  const series = tf.sub(tf.add(stirlingCorrection(up), stirlingCorrection(down)), stirlingCorrection(tf.add(up, down)));
  const logs = Array.from({ length: RAISED }, (_, k) => {
    const first = tf.div(tf.add(sum, 2 * k), tf.add(a, k));
    const second = tf.div(tf.add(sum, 2 * k + 1), tf.add(b, k));
    return tf.add(tf.log(first), tf.log(second));
  });
  const root = tf.mul(tf.log(tf.add(tf.reciprocal(up), tf.reciprocal(down))), 0.5);
  const small = tf.add(tf.add(root, series), HALF_LOG_TWO_PI);
  return tf.sub(
    logs.reduce((total, each) => tf.add(total, each), small),
    large,
  );
}

/** Below it a tail is written as the power that it nearly is. */
const SMALL = 1 / 8;

/**
 * A point x of (0, 1) by its log-odds, from where they are those of the mean: `over` = log(x/(1 − x)) − log(a/b). Near the mean, where
 * float32 of x and 1 − x tells little of large a and b, it has all its digits.
 */
interface Point {
  /** a, b > 0, and `over`, of one shape. */
  readonly a: tf.Tensor;
  readonly b: tf.Tensor;
  readonly over: tf.Tensor;
}

/** log(a/b) for a, b > 0, elementwise, relative to its own size. */
export function logRatio(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const apart = tf.sub(a, b);
  const near = tf.log1p(tf.clipByValue(tf.div(apart, b), -0.5, 1));
  const isNear = tf.logicalAnd(tf.less(tf.abs(apart), tf.mul(b, 0.5)), tf.less(tf.abs(apart), a));
  return tf.where(isNear, near, tf.sub(tf.log(a), tf.log(b)));
}

/**
 * log of x^a (1 − x)^b / B(a, b), the density of the log-odds of Beta(a, b), elementwise. With m = a/(a + b), σ = {@link lgammaRest}
 *
 *     ½ log(a b/(2π (a + b))) + σ(a + b) − σ(a) − σ(b) − a (u − log(1 + u)) − b (v − log(1 + v))
 *
 * where 1 + u = x/m and 1 + v = (1 − x)/(1 − m) (Loader, "Fast and accurate computation of binomial probabilities", 2000): nothing in it
 * grows and cancels. Gradients are those by a, b and the log-odds, in closed form.
 *
 * @param over {@link Point}; it takes no gradient, which goes to `logit`
 */
export function logitLogDensity(a: tf.Tensor, b: tf.Tensor, logit: tf.Tensor, over: tf.Tensor): tf.Tensor {
  return withGradient(
    [a, b, logit, over],
    (up, down, _, from) => logDensity({ a: up, b: down, over: from }),
    (dy, [x, y, , z]) => {
      const [logShare, logRest] = logShares({ a: x, b: y, over: z });
      const whole = digammaRest(tf.add(x, y));
      // a − (a + b) x = a (1 − x/m).
      const byLogit = tf.neg(tf.mul(x, tf.expm1(logShare)));
      return [
        tf.mul(dy, tf.add(logShare, tf.sub(whole, digammaRest(x)))),
        tf.mul(dy, tf.add(logRest, tf.sub(whole, digammaRest(y)))),
        tf.mul(dy, byLogit),
        tf.zerosLike(z),
      ];
    },
  );
}

/**
 * I_x(a, b) and 1 − I_x(a, b), what Beta(a, b) has below and above the x of that logit, elementwise: what lies on the other side of the
 * mean to 10⁻⁵ of its own size, from a, b = 10⁻³ to 10⁶, and so the rest, where that is smaller, of small concentrations. Gradients are exact:
 * the density by the log-odds, and by a and b −density times {@link logitSlopes}.
 *
 * By quadrature in −log x (or −log(1 − x)).
 *
 * @param over {@link Point}; it takes no gradient, which goes to `logit`
 */
export function incompleteBeta(a: tf.Tensor, b: tf.Tensor, logit: tf.Tensor, over: tf.Tensor) {
  const logWithin = withGradient(
    [a, b, logit, over],
    (up, down, _, from) => logTailAt({ a: up, b: down, over: from }).logTail,
    (dy, [x, y, , z]) => {
      const at = { a: x, b: y, over: z };
      const hazard = tf.div(dy, tailOf(at).mass);
      const slope = tf.where(tf.less(z, 0), hazard, tf.neg(hazard));
      const [byUp, byDown] = logitSlopes(at);
      return [tf.neg(tf.mul(slope, byUp)), tf.neg(tf.mul(slope, byDown)), slope, tf.zerosLike(z)];
    },
  );
  return bothSides(logWithin, over);
}

/**
 * The x with I_x(a, b) = below by its log-odds, elementwise, by {@link tailRoot}; and `over` of them, {@link Point}, a constant. Gradients are
 * exact: 1/density by the smaller of `below` and `above`, and by a and b {@link logitSlopes}.
 *
 * @param above 1 − below; the smaller of the two is the exact one, and no less than 10⁻⁴⁵
 */
export function incompleteBetaInverse(a: tf.Tensor, b: tf.Tensor, below: tf.Tensor, above: tf.Tensor) {
  const tail = (from: tf.Tensor) => logTailAt({ a, b, over: from });
  const over = stopGradient(() => tailRoot(tail, below, above, tf.reciprocal(a), tf.reciprocal(b)));
  const logit = withGradient(
    [a, b, below, above, over],
    (up, down, _left, _right, at) => tf.add(at, logRatio(up, down)),
    (dy, [x, y, left, right, z]) => {
      const point = { a: x, b: y, over: z };
      const [byUp, byDown] = logitSlopes(point);
      const byShares = shareGradients(dy, logDensity(point), left, right);
      return [tf.mul(dy, byUp), tf.mul(dy, byDown), ...byShares, tf.zerosLike(z)];
    },
  );
  return { logit, over };
}

/** x of its log-odds, with their gradient, and with the digits that `over` has of it: {@link Point}. */
export function shareOf(a: tf.Tensor, b: tf.Tensor, logit: tf.Tensor, over: tf.Tensor): tf.Tensor {
  const rounded = tf.exp(tf.neg(tf.softplus(tf.neg(logit))));
  const lost = stopGradient(() => {
    const exact = tf.mul(tf.exp(logShare(a, b, over)), tf.div(a, tf.add(a, b)));
    return tf.sub(tf.minimum(exact, 1), rounded);
  });
  return tf.add(rounded, lost);
}

function logDensity(point: Point): tf.Tensor {
  const { a, b } = point;
  const sum = tf.add(a, b);
  const [logShare, logRest] = logShares(point);
  const lost = tf.add(tf.mul(a, expExcess(logShare)), tf.mul(b, expExcess(logRest)));
  const root = tf.mul(tf.log(tf.mul(tf.div(a, sum), b)), 0.5);
  const rests = tf.sub(lgammaRest(sum), tf.add(lgammaRest(a), lgammaRest(b)));
  return tf.sub(tf.add(root, rests), tf.add(lost, HALF_LOG_TWO_PI));
}

/** log(x/m) and log((1 − x)/(1 − m)), m = a/(a + b). */
function logShares({ a, b, over }: Point): [tf.Tensor, tf.Tensor] {
  return [logShare(a, b, over), logShare(b, a, tf.neg(over))];
}

/** −log((a + b e^−over)/(a + b)). */
function logShare(a: tf.Tensor, b: tf.Tensor, over: tf.Tensor): tf.Tensor {
  const sum = tf.add(a, b);
  const [own, other] = [tf.div(a, sum), tf.div(b, sum)];
  const near = tf.mul(other, tf.expm1(tf.neg(tf.maximum(over, -60))));
  const isNear = tf.less(tf.abs(near), 0.5);
  // With the larger power of e taken out.
  const smaller = tf.exp(tf.neg(tf.abs(over)));
  const isBelow = tf.less(over, 0);
  const rest = tf.where(isBelow, tf.add(tf.mul(own, smaller), other), tf.add(own, tf.mul(other, smaller)));
  const far = tf.sub(tf.minimum(over, 0), tf.log(rest));
  return tf.where(isNear, tf.neg(tf.log1p(tf.clipByValue(near, -0.5, 0.5))), far);
}

/**
 * What lies on the other side of the mean, mirrored (x ↔ 1 − x, a ↔ b) where that is the right one: with own a, other b and the odds o of x
 *
 *     F/q = (1 + o) ∫₀^∞ e^(−a z) (1 + y)^(b − 1) dz,   y = o (1 − e⁻ᶻ)
 *
 * where z = log(x/u) of the points u < x. Where b > 1 the exponent −a z + (b − 1) log(1 + y) is written as a sum of terms of one sign.
 */
function tailOf({ a, b, over }: Point) {
  const isLeft = tf.less(over, 0);
  const [own, other] = [tf.where(isLeft, a, b), tf.where(isLeft, b, a)];
  const from = tf.neg(tf.abs(over));
  // Up to a/b, since this is the side below the mean.
  const odds = tf.exp(tf.add(logRatio(own, other), from));
  // a − b·o, the slope of the log-density over 1 − x.
  const weight = tf.mul(other, odds);
  const near = tf.mul(weight, tf.expm1(tf.neg(tf.maximum(from, -1))));
  const gap = tf.where(tf.greater(from, -1), near, tf.sub(own, weight));
  const spread = tf.minimum(tf.sqrt(tf.mul(tf.add(own, other), odds)), own);
  const { nodes: z, weights } = tailQuadrature(tf.reciprocal(tf.add(gap, spread)));
  const y = tf.neg(tf.mul(odds, tf.expm1(tf.neg(z))));
  const bend = tf.add(tf.mul(odds, expExcess(tf.neg(z))), logExcess(tf.onesLike(y), tf.add(y, 1), y));
  const steep = tf.add(tf.mul(tf.add(gap, odds), z), tf.mul(tf.sub(other, 1), bend));
  const flat = tf.sub(tf.mul(own, z), tf.mul(tf.sub(other, 1), tf.log1p(y)));
  const exponent = tf.where(tf.greater(other, 1), steep, flat);
  const share = tf.mul(tf.mul(tf.exp(tf.neg(exponent)), weights), tf.add(odds, 1));
  return { isLeft, own, other, from, odds, z, y, share, mass: tf.sum(share, 0) };
}

/** The log of what lies on the other side of the mean, and how it falls. */
function logTailAt(point: Point): LogTail {
  const { own, other, from, mass } = tailOf(point);
  const plain = tf.add(logDensity(point), tf.log(mass));
  const logMean = tf.log(tf.div(own, tf.add(own, other)));
  const logX = tf.add(logShare(own, other, from), logMean);
  const isPower = tf.logicalAnd(tf.less(own, SMALL), tf.less(own, other));
  return {
    logTail: tf.minimum(tf.where(isPower, logPower(own, other, logX), plain), 0),
    mass,
    fall: tf.abs(tf.mul(own, tf.expm1(logShare(own, other, from)))),
  };
}

/**
 * log I_x(a, b) for a < 1/8 and a < b, where a tail is nearly all of the mass, and what it lacks counts:
 *
 *     a (log x + (log Γ(a + b) − log Γ(b))/a − log Γ(1 + a)/a) + log(1 + a ∫₀¹ u^(a − 1) ((1 − x u)^(b − 1) − 1) du)
 *
 * The first quotient is the mean of ψ between b and a + b, by quadrature of ψ(y + 1) and −∫ 1/y in closed form.
 */
function logPower(a: tf.Tensor, b: tf.Tensor, logX: tf.Tensor): tf.Tensor {
  const psi = [-1, 1].map((side) => digamma(tf.add(tf.add(b, 1), tf.mul(a, 0.5 + side / Math.sqrt(12)))));
  const mean = tf.sub(tf.mul(tf.add(psi[0]!, psi[1]!), 0.5), tf.div(tf.log1p(tf.div(a, b)), a));
  const x = tf.exp(logX);
  const change = powerChange(a, (u) => tf.expm1(tf.mul(tf.sub(b, 1), tf.log1p(tf.neg(tf.mul(x, u))))));
  const level = tf.add(logX, tf.sub(mean, lgamma1pRatio(a)));
  return tf.add(tf.mul(a, level), tf.log1p(tf.mul(a, change)));
}

/**
 * ∂t/∂a and ∂t/∂b of the log-odds t of Beta(a, b) at a fixed value of the distribution function, −F′/q with q the density of the log-odds:
 * by the score ∂ log q under the integral of {@link tailOf}. For a < 1 the score by own is that of x's power integrated by parts, which
 * leaves ψ(a + 1) where ψ(a) and z cancel otherwise.
 */
export function logitSlopes({ a, b, over }: Point): [byA: tf.Tensor, byB: tf.Tensor] {
  const { isLeft, own, other, from, odds, z, y, share, mass } = tailOf({ a, b, over });
  const whole = digammaRest(tf.add(own, other));
  const logOwn = tf.add(logShare(own, other, from), whole);
  const logOther = tf.add(logShare(other, own, tf.neg(from)), tf.sub(whole, digammaRest(other)));
  const plain = tf.sub(tf.mul(tf.sub(logOwn, digammaRest(own)), mass), tf.sum(tf.mul(share, z), 0));
  // ψ(a + 1) − log a
  const next = tf.add(digammaRest(tf.add(own, 1)), tf.log1p(tf.reciprocal(own)));
  const moved = tf.div(tf.mul(tf.mul(odds, z), tf.exp(tf.neg(z))), tf.add(y, 1));
  const power = tf.mul(tf.div(tf.sub(other, 1), own), tf.sum(tf.mul(share, moved), 0));
  const byParts = tf.sub(tf.mul(tf.sub(logOwn, next), mass), power);
  const byOwn = tf.neg(tf.where(tf.less(own, 1), byParts, plain));
  const byOther = tf.neg(tf.add(tf.mul(logOther, mass), tf.sum(tf.mul(share, tf.log1p(y)), 0)));
  return [tf.where(isLeft, byOwn, tf.neg(byOther)), tf.where(isLeft, byOther, tf.neg(byOwn))];
}
