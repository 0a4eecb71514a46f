import * as tf from '@tensorflow/tfjs-core';
import { stopGradient } from '../../nn/stopGradient.ts';
import { checkOptions } from '../../options/checkArguments.ts';
import { portableMath } from '../../portableMath.ts';
import { Bijector, type WithLogDet } from '../bijector.ts';
import { nextFloat32, roundFloat32 } from '../float32.ts';

/**
 * How near y comes to a bound in the inverse, times max(1, h²), where the float32 numbers are closer together than that. There its
 * gradients have 1 / (y − low), h / (y − low) and h² / (y − low), which are finite by this.
 */
const NEAREST = 2 ** -120;
/** The greatest |x|, times min(1, h): sums of two such numbers are finite, in hinges too. */
const FARTHEST = 2 ** 120;

/** Options of {@link SoftClip}. */
export interface SoftClipOptions {
  /** The lower bound of every entry, or of each entry of the last axis. Absent: there is none. */
  readonly low?: number | ArrayLike<number>;
  /** The upper bound. Absent: there is none; one of the two is needed. */
  readonly high?: number | ArrayLike<number>;
  /** The width h over which the clipping bends, in units of x; 1 by default. Near 0 the map is a clip, and steep in its inverse. */
  readonly hingeSoftness?: number;
}

/**
 * A smooth clip, nearly the identity between its bounds and far from them. With s(t) = log(1 + eᵗ), the hinge h, u = (x − low) / h and
 * W = (high − low) / h:
 *
 * - onto (low, ∞): y = low + h s(u), log-determinant −s(−u);
 * - onto (−∞, high): y = high − h s(v), v = (high − x) / h, log-determinant −s(−v);
 * - onto (low, high): y = high − r s(a), a = W − s(u), r = (high − low) / s(W); log-determinant log(W / s(W)) − s(−a) − s(−u).
 *
 * The last is low + r s(u − s(−a)), too, which keeps its digits near low. Its inverse is x = low + h (p + ℓ(p) − ℓ(q)), p = (y − low) / r,
 * q = (high − y) / r, ℓ(t) = log(1 − e⁻ᵗ).
 *
 * Bounds are rounded to float32 inwards, and y never leaves them. Both directions clamp their input to ±2¹²⁰ min(1, h), with gradient 0
 * beyond. The inverse clamps y to the float32 numbers next to the bounds (next to 0, to ±2⁻¹²⁰ max(1, h²)), so that it is finite, with gradient 0, at
 * and beyond the border.
 *
 * `SoftClip` of TensorFlow Probability, where `hinge_softness` is h.
 */
export class SoftClip extends Bijector {
  readonly eventNdims = 0;
  override readonly dim: number | undefined;
  readonly low: readonly number[] | undefined;
  readonly high: readonly number[] | undefined;
  readonly hingeSoftness: number;

  readonly #farthest: number;
  /** What the inverse clamps y to. */
  readonly #lowest: readonly number[];
  readonly #highest: readonly number[];

  /**
   * @throws if there is no bound, they differ in length, one is beyond ±2¹²⁰ min(1, h), low and high are not apart in float32, or
   *   `hingeSoftness` is no positive number
   */
  constructor(options: SoftClipOptions) {
    super();
    const {
      low,
      high,
      hingeSoftness = 1,
    } = checkOptions('SoftClip', options, {
      low: [Number, Array, undefined],
      high: [Number, Array, undefined],
      hingeSoftness: [Number, undefined],
    });
    if (!(hingeSoftness > 0 && hingeSoftness < Number.POSITIVE_INFINITY)) {
      throw new Error(`SoftClip: wanted a positive hingeSoftness, got ${hingeSoftness}`);
    }
    if (low === undefined && high === undefined) throw new Error('SoftClip: wanted low, high or both, got neither');
    this.hingeSoftness = hingeSoftness;
    this.dim = [low, high].find((bound) => typeof bound === 'object')?.length;
    const bounds = (bound: number | ArrayLike<number>, inwards: 1 | -1) =>
      Array.from(typeof bound === 'number' ? { length: this.dim ?? 1 } : bound, (value) =>
        roundFloat32(typeof bound === 'number' ? bound : (value as number), inwards),
      );
    this.low = low === undefined ? undefined : bounds(low, 1);
    this.high = high === undefined ? undefined : bounds(high, -1);
    this.#farthest = FARTHEST * Math.min(1, hingeSoftness);
    const wide = Math.max(1, hingeSoftness);
    const nearest = NEAREST * wide * wide;
    const inside = (bound: number, inwards: 1 | -1) =>
      Math.fround(inwards * Math.max(inwards * nextFloat32(bound, inwards), inwards * bound + nearest));
    this.#lowest = this.low?.map((bound) => inside(bound, 1)) ?? this.high!.map(() => -this.#farthest);
    this.#highest = this.high?.map((bound) => inside(bound, -1)) ?? this.low!.map(() => this.#farthest);
    const fits = (lowest: number, i: number) =>
      lowest >= -this.#farthest && lowest < this.#highest[i]! && this.#highest[i]! <= this.#farthest;
    if (this.#lowest.length !== this.#highest.length || this.#lowest.length === 0 || !this.#lowest.every(fits)) {
      const text = (bound: number | ArrayLike<number> | undefined) =>
        bound === undefined ? 'none' : typeof bound === 'number' ? bound : `[${Array.from(bound)}]`;
      throw new Error(`SoftClip: wanted finite bounds low < high, got low ${text(low)} and high ${text(high)}`);
    }
  }

  override monotonicity(): 1 {
    return 1;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    const { low, high, hingeSoftness: h } = this;
    const inside = tf.clipByValue(x, -this.#farthest, this.#farthest);
    const above = (bound: readonly number[]) => tf.div(tf.sub(inside, this.#tensor(bound)), h);
    if (low === undefined) {
      const v = tf.neg(above(high!));
      return [tf.sub(this.#tensor(high!), tf.mul(tf.softplus(v), h)), logSigmoid(v)];
    }
    const u = above(low);
    if (high === undefined) return [tf.add(this.#tensor(low), tf.mul(tf.softplus(u), h)), logSigmoid(u)];
    const [floor, ceiling] = [this.#tensor(low), this.#tensor(high)];
    const { width, unit, logSlope } = this.#scales(low, high);
    const a = tf.sub(width, tf.softplus(u));
    const q = tf.softplus(a);
    // Below 0 s(u − s(−a)) in the form that does not round u: log(1 + σ(a) eᵘ).
    const p = tf.where(
      stopGradient(() => tf.less(u, 0)),
      tf.log1p(tf.mul(tf.sigmoid(a), tf.exp(tf.minimum(u, 0)))),
      tf.softplus(tf.add(u, logSigmoid(a))),
    );
    const nearer = stopGradient(() => tf.less(p, q));
    const y = tf.where(nearer, tf.add(floor, tf.mul(unit, p)), tf.sub(ceiling, tf.mul(unit, q)));
    return [tf.minimum(tf.maximum(y, floor), ceiling), tf.add(logSlope, tf.add(logSigmoid(a), logSigmoid(u)))];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const { low, high, hingeSoftness: h } = this;
    const inside = tf.minimum(tf.maximum(y, this.#tensor(this.#lowest)), this.#tensor(this.#highest));
    if (low === undefined) {
      const q = tf.div(tf.sub(this.#tensor(high!), inside), h);
      const log = logOneMinusExp(q);
      return [tf.sub(this.#tensor(high!), tf.mul(tf.add(q, log), h)), tf.neg(log)];
    }
    const floor = this.#tensor(low);
    if (high === undefined) {
      const p = tf.div(tf.sub(inside, floor), h);
      const log = logOneMinusExp(p);
      return [tf.add(floor, tf.mul(tf.add(p, log), h)), tf.neg(log)];
    }
    const { unit, logSlope } = this.#scales(low, high);
    const p = tf.div(tf.sub(inside, floor), unit);
    const q = tf.div(tf.sub(this.#tensor(high), inside), unit);
    const logQ = logOneMinusExp(q);
    const u = tf.sub(tf.add(p, logOneMinusExp(p)), logQ);
    return [tf.add(floor, tf.mul(u, h)), tf.neg(tf.add(logSlope, tf.add(logQ, logSigmoid(u))))];
  }

  /** W, r = (high − low) / s(W) and log(W / s(W)). */
  #scales(low: readonly number[], high: readonly number[]) {
    const spans = low.map((from, i) => high[i]! - from);
    const widths = spans.map((span) => span / this.hingeSoftness);
    const soft = widths.map((width) => width + portableMath.log(1 + portableMath.exp(-width)));
    return {
      width: this.#tensor(widths),
      unit: this.#tensor(spans.map((span, i) => span / soft[i]!)),
      logSlope: this.#tensor(widths.map((width, i) => portableMath.log(width / soft[i]!))),
    };
  }

  #tensor(values: readonly number[]): tf.Tensor {
    return this.dim === undefined ? tf.scalar(values[0]!) : tf.tensor1d([...values]);
  }
}

/** log σ(t) = −s(−t). */
function logSigmoid(t: tf.Tensor): tf.Tensor {
  return tf.neg(tf.softplus(tf.neg(t)));
}

/** log(1 − e⁻ᵗ), t > 0. */
function logOneMinusExp(t: tf.Tensor): tf.Tensor {
  return tf.log(tf.neg(tf.expm1(tf.neg(t))));
}
