import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../nn/sizes.ts';
import { LARGEST_FLOAT32, nextFloat32, roundFloat32, select, stopGradient } from '../nn/tensors.ts';
import { checkOptions } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import { Bijector, IncreasingBijector, type WithLogDet } from './bijector.ts';

/** The largest float32 below 1. */
const LIMIT = 1 - 2 ** -24;

/**
 * y = tanh x, log-determinant log(1 − y²) = 2(log 2 − x − softplus(−2x)), which stays exact where y rounds to ±1, and is −∞ at ±∞.
 *
 * The inverse clamps y to ±(1 − 2⁻²⁴), so that it ends at x = ±8.66 and is finite, with gradient 0, at and beyond ±1. Keep x
 * where it is needed again: beyond |x| = 6 y does not hold it to three digits.
 */
export class Tanh extends IncreasingBijector {
  protected computeForward(x: tf.Tensor): WithLogDet {
    const doubled = tf.mul(x, -2);
    // At x = −∞ a difference of infinities otherwise.
    const finite = tf.minimum(doubled, LARGEST_FLOAT32);
    const logDet = tf.sub(tf.add(finite, 2 * Math.LN2), tf.mul(tf.softplus(doubled), 2));
    return [tf.tanh(x), logDet];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const inside = tf.clipByValue(y, -LIMIT, LIMIT);
    const above = tf.log1p(inside);
    const below = tf.log1p(tf.neg(inside));
    return [tf.mul(tf.sub(above, below), 0.5), tf.neg(tf.add(above, below))];
  }
}

/**
 * y = x / (1 + |x|): ℝ → (−1, 1), log-determinant −2 log(1 + |x|). Its slope is continuous, with a kink at 0.
 *
 * The inverse x = y / (1 − |y|), log-determinant −2 log(1 − |y|), clamps y to ±(1 − 2⁻²⁴), so that it ends at
 * x = ±(2²⁴ − 1) and is finite, with gradient 0, beyond. Keep x where it is needed again: beyond |x| = 2¹⁴ y does not hold it to three
 * digits.
 */
export class Softsign extends IncreasingBijector {
  protected computeForward(x: tf.Tensor): WithLogDet {
    const size = tf.abs(x);
    const rest = tf.div(1, tf.add(size, 1));
    const sign = tf.sign(x);
    // Far from 0 the slope of x·rest is a difference of numbers that are nearly equal, NaN at ±∞; that of 1 − rest is rest².
    const near = stopGradient(() => tf.less(size, 1));
    const y = tf.where(near, tf.mul(tf.clipByValue(x, -1, 1), rest), tf.sub(sign, tf.mul(sign, rest)));
    return [y, tf.mul(tf.log1p(size), -2)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const inside = tf.clipByValue(y, -LIMIT, LIMIT);
    const size = tf.abs(inside);
    return [tf.div(inside, tf.sub(1, size)), tf.mul(tf.log1p(tf.neg(size)), -2)];
  }
}

/** How near y comes to a bound in the inverse, where the float32 numbers are closer together than that. */
const SIGMOID_NEAREST = 2 ** -126;

/** Options of {@link Sigmoid}. */
export interface SigmoidOptions {
  /** The lower bound of every entry, or of each entry of the last axis; 0 by default. */
  readonly low?: number | ArrayLike<number>;
  /** The upper bound; 1 by default. */
  readonly high?: number | ArrayLike<number>;
}

/**
 * y = low + (high − low) / (1 + e⁻ˣ): ℝ → (low, high), (0, 1) by default; log-determinant log(high − low) + x − 2 softplus(x),
 * −∞ at ±∞.
 *
 * Bounds are rounded to float32 inwards, and y never leaves them: where rounding would carry it out, it is the bound.
 *
 * The inverse clamps y to the float32 numbers next to the bounds (next to 0, to ±2⁻¹²⁶), so that it is finite, with gradient 0,
 * at and beyond the border; for (0, 1) it lies between −87.3 and 16.6.
 */
export class Sigmoid extends IncreasingBijector {
  override readonly dim: number | undefined;
  readonly low: readonly number[];
  readonly high: readonly number[];

  /** @throws if the bounds differ in length, or one is not finite, or low ≥ high in float32 */
  constructor(options: SigmoidOptions = {}) {
    super();
    const { low = 0, high = 1 } = checkOptions('Sigmoid', options, {
      low: [Number, Array, undefined],
      high: [Number, Array, undefined],
    });
    const bounds = roundedBounds('Sigmoid', { low, high });
    this.dim = bounds.dim;
    this.low = bounds.low;
    this.high = bounds.high;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    const [low, high] = [this.#tensor(this.low), this.#tensor(this.high)];
    const y = tf.add(tf.mul(tf.sigmoid(x), tf.sub(high, low)), low);
    // At x = ∞ a difference of infinities otherwise.
    const finite = tf.minimum(x, LARGEST_FLOAT32);
    const logDet = tf.add(tf.sub(finite, tf.mul(tf.softplus(x), 2)), this.#logSpan());
    return [tf.minimum(tf.maximum(y, low), high), logDet];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const inside = (bound: number, inwards: 1 | -1) =>
      inwards * Math.max(inwards * nextFloat32(bound, inwards), inwards * bound + SIGMOID_NEAREST);
    const lowest = this.#tensor(this.low.map((bound) => inside(bound, 1)));
    const highest = this.#tensor(this.high.map((bound) => inside(bound, -1)));
    const clamped = tf.minimum(tf.maximum(y, lowest), highest);
    const above = tf.log(tf.sub(clamped, this.#tensor(this.low)));
    const below = tf.log(tf.sub(this.#tensor(this.high), clamped));
    return [tf.sub(above, below), tf.sub(this.#logSpan(), tf.add(above, below))];
  }

  #logSpan(): tf.Tensor {
    return this.#tensor(this.low.map((low, i) => portableMath.log(this.high[i]! - low)));
  }

  #tensor(values: readonly number[]): tf.Tensor {
    return this.dim === undefined ? tf.scalar(values[0]!) : tf.tensor1d([...values]);
  }
}

/** Bounds of every entry, or of each entry of the last axis. */
interface Bounds {
  readonly low: number | ArrayLike<number>;
  readonly high: number | ArrayLike<number>;
}

/**
 * The bounds of each entry, rounded to float32 inwards.
 * @param owner whose bounds they are, as errors name it
 * @throws if the bounds differ in length, or one is not finite, or low ≥ high in float32
 */
export function roundedBounds(owner: string, { low, high }: Bounds) {
  const dim = [low, high].find((bound) => typeof bound !== 'number')?.length;
  const bounds = { dim, low: rounded(low, dim, 1), high: rounded(high, dim, -1) };
  const fits = (from: number, i: number) =>
    from < bounds.high[i]! && Number.isFinite(Math.fround(bounds.high[i]! - from));
  if (bounds.low.length === bounds.high.length && bounds.low.length > 0 && bounds.low.every(fits)) return bounds;
  throw new Error(`${owner}: got low ${textOf(low)}, high ${textOf(high)}, expected finite bounds low < high`);
}

function rounded(bound: Bounds['low'], dim: number | undefined, inwards: 1 | -1): number[] {
  const each: ArrayLike<number> = typeof bound === 'number' ? new Array<number>(dim ?? 1).fill(bound) : bound;
  return Array.from(each, (value) => roundFloat32(value, inwards));
}

function textOf(bound: Bounds['low'] | undefined): string {
  if (bound === undefined) return 'none';
  return typeof bound === 'number' ? String(bound) : `[${Array.from(bound)}]`;
}

/**
 * How near y comes to a bound in the inverse, times max(1, h²), where the float32 numbers are closer together than that. There its
 * gradients have 1 / (y − low), h / (y − low) and h² / (y − low), which are finite by this.
 */
const CLIP_NEAREST = 2 ** -120;
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
export class SoftClip extends IncreasingBijector {
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
      throw new Error(`SoftClip: got ${hingeSoftness}, expected a positive hingeSoftness`);
    }
    if (low === undefined && high === undefined) throw new Error('SoftClip: got neither, expected low, high or both');
    this.hingeSoftness = hingeSoftness;
    this.dim = [low, high].find((bound) => typeof bound === 'object')?.length;
    this.low = low === undefined ? undefined : rounded(low, this.dim, 1);
    this.high = high === undefined ? undefined : rounded(high, this.dim, -1);
    this.#farthest = FARTHEST * Math.min(1, hingeSoftness);
    const wide = Math.max(1, hingeSoftness);
    const nearest = CLIP_NEAREST * wide * wide;
    const inside = (bound: number, inwards: 1 | -1) =>
      Math.fround(inwards * Math.max(inwards * nextFloat32(bound, inwards), inwards * bound + nearest));
    this.#lowest = this.low?.map((bound) => inside(bound, 1)) ?? this.high!.map(() => -this.#farthest);
    this.#highest = this.high?.map((bound) => inside(bound, -1)) ?? this.low!.map(() => this.#farthest);
    const fits = (lowest: number, i: number) =>
      lowest >= -this.#farthest && lowest < this.#highest[i]! && this.#highest[i]! <= this.#farthest;
    if (this.#lowest.length !== this.#highest.length || this.#lowest.length === 0 || !this.#lowest.every(fits)) {
      throw new Error(`SoftClip: got low ${textOf(low)} and high ${textOf(high)}, expected finite bounds low < high`);
    }
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
    const p = select(
      () => tf.less(u, 0),
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

const LOWEST = 2 ** -126;

/**
 * y = softmax([x₁, …, x_dim, 0]), from vectors of `dim` numbers onto the inside of the simplex of `dim` + 1;
 * xᵢ = log yᵢ − log y_{dim+1}.
 *
 * Log-determinant log √det(JᵀJ) = ½ log(dim + 1) + Σ log yᵢ over all `dim` + 1 entries: densities are per area of the simplex,
 * as TensorFlow Probability has it. A density over the first `dim` entries alone, as a Dirichlet's is written, is larger by
 * √(dim + 1).
 *
 * The inverse looks at the ratios of y alone, so that it may miss the simplex by roundings. Entries are clamped to at least 2⁻¹²⁶,
 * with gradient 0 below.
 */
export class SoftmaxCentered extends Bijector {
  readonly eventNdims = 1;
  override readonly dim: number;

  /** @throws if `dim` is no positive integer */
  constructor(dim: number) {
    super();
    this.dim = positiveInteger('SoftmaxCentered', 'dim', dim);
  }

  override get outputDim(): number {
    return this.dim + 1;
  }

  override get parameterShape(): readonly number[] {
    return [];
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    const logits = tf.concat([x, tf.zeros([...x.shape.slice(0, -1), 1])], -1);
    const highest = stopGradient(() => tf.max(logits, -1, true));
    const lowered = tf.sub(logits, highest);
    const logY = tf.sub(lowered, tf.log(tf.sum(tf.exp(lowered), -1, true)));
    return [tf.exp(logY), this.#logDet(logY)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const positive = tf.maximum(y, LOWEST);
    const logs = tf.log(positive);
    const [own, last] = tf.split(logs, [this.dim, 1], -1) as [tf.Tensor, tf.Tensor];
    const logY = tf.sub(logs, tf.log(tf.sum(positive, -1, true)));
    return [tf.sub(own, last), tf.neg(this.#logDet(logY))];
  }

  #logDet(logY: tf.Tensor): tf.Tensor {
    return tf.add(tf.sum(logY, -1), 0.5 * portableMath.log(this.dim + 1));
  }
}
