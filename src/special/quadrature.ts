import * as tf from '@tensorflow/tfjs-core';
import { inFrontOf, stopGradient } from '../nn/tensors.ts';
import { portableMath } from '../portableMath.ts';
import { surprisal } from './elementary.ts';

/**
 * Gauss and Legendre's quadrature on [0, 1]: ∫ f ≈ Σ weights·f(nodes), exact for polynomials of degree 2·count − 1. The nodes are
 * the zeros of Legendre's polynomial, by Newton's method.
 */
export function gaussLegendre(count: number): { nodes: number[]; weights: number[] } {
  const nodes: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < count; i++) {
    let node = portableMath.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 0;
    // It converges quadratically from a start that is right to three digits.
    for (let step = 0; step < 6; step++) {
      let [before, value] = [1, node];
      for (let k = 2; k <= count; k++) [before, value] = [value, ((2 * k - 1) * node * value - (k - 1) * before) / k];
      slope = (count * (node * value - before)) / (node * node - 1);
      node -= value / slope;
    }
    nodes.push((1 + node) / 2);
    weights.push(1 / ((1 - node * node) * slope * slope));
  }
  return { nodes, weights };
}

/** Nodes w and weights of ∫₀^∞ f(w) dw for f that falls over a length of about 1: w = exp(v − e⁻ᵛ), evenly in v. */
const TAIL = (() => {
  const step = 0.15;
  const inverses = Array.from({ length: 44 }, (_, i) => -2.6 + step * i).map((v) => ({
    v,
    inverse: portableMath.exp(-v),
  }));
  const nodes = inverses.map(({ v, inverse }) => portableMath.exp(v - inverse));
  return { nodes, weights: inverses.map(({ inverse }, i) => step * nodes[i]! * (1 + inverse)) };
})();

/**
 * Nodes and weights of ∫₀^∞ f(w) dw, `[nodes, ...width's shape]`, for f that falls over a length of about `width`, and changes over
 * shorter ones only next to 0, in proportion to w. They are dense next to 0 in the manner of powers, so that 10⁻⁶ of the width is still seen.
 */
export function tailQuadrature(width: tf.Tensor): { nodes: tf.Tensor; weights: tf.Tensor } {
  return { nodes: tf.mul(inFrontOf(width, TAIL.nodes), width), weights: tf.mul(inFrontOf(width, TAIL.weights), width) };
}

const { nodes: NODES, weights: WEIGHTS } = gaussLegendre(12);

/** ∫₀¹ u^(a − 1) g(u) du for 0 < a ≤ 1/8 and a smooth g with g(0) = 0, elementwise. @param g u of shape `[nodes, ...a's]` → the same */
export function powerChange(a: tf.Tensor, g: (u: tf.Tensor) => tf.Tensor): tf.Tensor {
  const u = inFrontOf(a, NODES);
  return tf.sum(tf.mul(tf.mul(tf.exp(tf.mul(tf.sub(a, 1), tf.log(u))), g(u)), inFrontOf(a, WEIGHTS)), 0);
}

/** A log-concave tail at distances s ≥ 0 from the mean, elementwise. */
export interface LogTail {
  /** log F, of what lies beyond s */
  readonly logTail: tf.Tensor;
  /** F/q, q the density of s: −1/(log F)′ */
  readonly mass: tf.Tensor;
  /** −(log q)′ ≥ 0 */
  readonly fall: tf.Tensor;
}

/** Four leave a relative error of 2·10⁻¹⁰ in each of 12,836 tails from 10⁻³⁸ to 0.999, of concentrations from 10⁻³ to 10⁶. */
const STEPS = 5;
const LEAST = 1e-30;

/**
 * The signed distance from the mean, to the left below 0, of the point with `below` and `above` on its sides, in the log-odds of a beta
 * distribution, by Halley's method on log F, which is concave in it. It begins where the Gaussian or the exponential tail of these
 * concentrations would end.
 *
 * @param tail at signed distances
 * @param perLeft 1/a of the left concentration, and `perRight` that of the right one; 0 of one that is infinite: a gamma distribution
 */
export function tailRoot(
  tail: (over: tf.Tensor) => LogTail,
  below: tf.Tensor,
  above: tf.Tensor,
  perLeft: tf.Tensor,
  perRight: tf.Tensor,
): tf.Tensor {
  const [toLeft, toRight] = [surprisal(below, above), surprisal(above, below)];
  const isLeft = tf.less(toRight, tf.neg(tail(tf.zerosLike(perLeft)).logTail));
  const side = tf.sub(1, tf.mul(tf.cast(isLeft, 'float32'), 2));
  const y = tf.where(isLeft, toLeft, toRight);
  const [perOwn, perOther] = [tf.where(isLeft, perLeft, perRight), tf.where(isLeft, perRight, perLeft)];
  const gaussian = tf.sqrt(tf.mul(tf.mul(y, 2), tf.add(perOwn, perOther)));
  const share = tf.mul(y, perOther);
  const exponential = tf.add(tf.log1p(tf.add(tf.sqrt(tf.mul(share, 2)), share)), tf.mul(y, perOwn));
  let s = tf.maximum(tf.minimum(gaussian, exponential), LEAST);
  for (let step = 0; step < STEPS; step++) {
    const { logTail, mass, fall } = tail(tf.mul(side, s));
    const excess = tf.add(logTail, y);
    const bend = tf.sub(1, tf.mul(tf.mul(excess, tf.sub(tf.mul(fall, mass), 1)), 0.5));
    s = tf.maximum(tf.add(s, tf.div(tf.mul(excess, mass), tf.clipByValue(bend, 0.3, 8))), LEAST);
  }
  return tf.mul(side, s);
}

/** e to it and to its negative are finite. */
const STEEPEST = 87;
/** The largest gradient by a share. It may be larger than float32 goes, and ∞·0 is NaN. */
const LARGEST = 2 ** 124;

/** The gradients of a quantile by the shares below and above it, 1/density by the smaller, which is the exact one. */
export function shareGradients(
  dy: tf.Tensor,
  logDensity: tf.Tensor,
  below: tf.Tensor,
  above: tf.Tensor,
): [tf.Tensor, tf.Tensor] {
  const perMass = tf.exp(tf.clipByValue(tf.neg(logDensity), -STEEPEST, STEEPEST));
  const slope = tf.clipByValue(tf.mul(dy, perMass), -LARGEST, LARGEST);
  const [isLower, none] = [tf.less(below, above), tf.zerosLike(slope)];
  return [tf.where(isLower, slope, none), tf.where(isLower, none, tf.neg(slope))];
}

/** What lies below and above a point, of the logarithm of what lies on the other side of the mean, which is on the left where `over` < 0. */
export function bothSides(logWithin: tf.Tensor, over: tf.Tensor): { below: tf.Tensor; above: tf.Tensor } {
  const isLeft = stopGradient(() => tf.less(over, 0));
  const [within, beyond] = [tf.exp(logWithin), tf.neg(tf.expm1(logWithin))];
  return { below: tf.where(isLeft, within, beyond), above: tf.where(isLeft, beyond, within) };
}
