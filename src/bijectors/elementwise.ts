import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { checkNumbers } from '../nn/sizes.ts';
import { LARGEST_FLOAT32, stopGradient } from '../nn/tensors.ts';
import { nonnegative } from '../options/fields.ts';
import { checkOptions, parseOptions } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import { Bijector, type Direction, IncreasingBijector, type Monotonicity, type WithLogDet } from './bijector.ts';
import { numbersOf, type Parameter, ParameterBijector, tensorOf } from './shiftScale.ts';

/** y = x, log-determinant 0. */
export class Identity extends IncreasingBijector {
  protected computeForward(x: tf.Tensor): WithLogDet {
    return [tf.clone(x), tf.zeros(x.shape)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return [tf.clone(y), tf.zeros(y.shape)];
  }
}

const EXP_LOWEST = 2 ** -126;

/**
 * y = eˣ, log-determinant x. Overflows to infinity above x = 88.7.
 *
 * The inverse clamps y to at least 2⁻¹²⁶ (x = −87.3), with gradient 0 below.
 */
export class Exp extends IncreasingBijector {
  protected computeForward(x: tf.Tensor): WithLogDet {
    return [tf.exp(x), tf.clone(x)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const x = tf.log(tf.maximum(y, EXP_LOWEST));
    return [x, tf.neg(x)];
  }
}

const SOFTPLUS_LOWEST = 2 ** -120;

/**
 * y = log(1 + eˣ), log-determinant log σ(x) = −softplus(−x).
 *
 * Inverse x = y + ℓ with ℓ = log(1 − e⁻ʸ) and log-determinant −ℓ. ℓ is computed as log(2τ / (1 + τ)), τ = tanh(y / 2), which
 * does not cancel for small y. y is clamped to at least 2⁻¹²⁰ (x = −83), with gradient 0 below.
 */
export class Softplus extends IncreasingBijector {
  protected computeForward(x: tf.Tensor): WithLogDet {
    return [tf.softplus(x), tf.neg(tf.softplus(tf.neg(x)))];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const positive = tf.maximum(y, SOFTPLUS_LOWEST);
    const half = tf.tanh(tf.mul(positive, 0.5));
    const log = tf.log(tf.div(tf.mul(half, 2), tf.add(half, 1)));
    return [tf.add(positive, log), tf.neg(log)];
  }
}

/**
 * y = xᵖ on x > 0; log-determinant log|p| + (p − 1) log x.
 *
 * Both directions, the inverse with 1/p for p, clamp their input to at least 2^(−126 / max(1, |p|, |p − 1|)), so that the value
 * and its slope are finite there, with gradient 0 below. A result beyond the range of float32 is infinity.
 */
export class Power extends Bijector {
  readonly eventNdims = 0;
  readonly power: number;

  /** @throws if the power is 0 or not finite */
  constructor(power: number) {
    super();
    if (power === 0 || !Number.isFinite(power)) {
      throw new Error(`Power: got ${power}, expected a finite power other than 0`);
    }
    this.power = power;
  }

  override monotonicity(): Monotonicity {
    return this.power > 0 ? 1 : -1;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return raise(x, this.power);
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return raise(y, 1 / this.power);
  }
}

function raise(x: tf.Tensor, power: number): WithLogDet {
  const steepest = Math.max(1, Math.abs(power), Math.abs(power - 1));
  const positive = tf.maximum(x, 2 ** (-126 / steepest));
  return [tf.pow(positive, power), tf.add(tf.mul(tf.log(positive), power - 1), portableMath.log(Math.abs(power)))];
}

const ARCSINH_TWO = portableMath.log(2 + Math.sqrt(5));
/** Above it sinh z is half of eᶻ, to float32. */
const FAR_SINH = 10;
/** Above it arcsinh x is log 2x, to float32. */
const FAR_ARCSINH = 1e4;
/** The greatest exponent beyond sinh 10: the sinh of 80 is 3·10³⁴, which leaves room for its gradients. */
const LARGEST_EXPONENT = 70;
/** e⁸⁰ is finite in float32. */
const LARGEST_FACTOR = 80;

/** Options of {@link SinhArcsinh}. */
export interface SinhArcsinhOptions {
  /** Above 0 the upper tail is longer than the lower, below 0 shorter; 0 by default. */
  readonly skewness?: Parameter;
  /** Positive; above 1 tails are longer, below 1 shorter; 1 by default. */
  readonly tailweight?: Parameter;
}

/**
 * y = sinh((arcsinh x + skewness)·tailweight)·m, m = 2 / sinh(tailweight·arcsinh 2): ℝ → ℝ, the identity for skewness 0 and tailweight 1.
 * With a = arcsinh x and z = (a + skewness)·tailweight the log-determinant is log(m·tailweight) + log cosh z − log cosh a. By m, y(2) = 2
 * where skewness is 0.
 *
 * Parameters that are variables are learnable and belong to the bijector; a tailweight has to stay positive. Tensors `[batch, dim]` make a
 * batch of maps; a result has the shape to which input and parameters broadcast.
 *
 * Exponents are added before the exponential, so that sinh z may be larger than float32 has. Where |z| + log m is above 80 the value is
 * clamped, near 3·10³⁴ for a tailweight of 1, with gradient 0; so is that of the inverse where |a| is above 80. Log-determinants are exact
 * there. The relative error of a value grows by 6·10⁻⁸ |z|, which is what rounding z costs.
 *
 * Jones and Pewsey, "Sinh-arcsinh distributions", Biometrika 96 (2009); scaled as `SinhArcsinh` of TensorFlow Probability is.
 */
export class SinhArcsinh extends ParameterBijector {
  readonly skewness: Parameter;
  readonly tailweight: Parameter;

  /**
   * @throws if a skewness given in numbers is not finite, a tailweight in numbers not positive and finite, or they do not broadcast with
   *   one another
   */
  constructor(options: SinhArcsinhOptions = {}) {
    const { skewness = 0, tailweight = 1 } = checkOptions('SinhArcsinh', options, {
      skewness: [Number, Array, tf.Tensor, undefined],
      tailweight: [Number, Array, tf.Tensor, undefined],
    });
    const badSkewness = numbersOf(skewness).find((value) => !Number.isFinite(value));
    if (badSkewness !== undefined) throw new Error(`SinhArcsinh: got ${badSkewness}, expected a finite skewness`);
    const badTailweight = numbersOf(tailweight).find((value) => !(value > 0 && value < Number.POSITIVE_INFINITY));
    if (badTailweight !== undefined)
      throw new Error(`SinhArcsinh: got ${badTailweight}, expected a positive tailweight`);
    super([skewness, tailweight]);
    this.skewness = skewness;
    this.tailweight = tailweight;
  }

  override monotonicity(): Monotonicity {
    return 1;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    const [skewness, tailweight] = [tensorOf(this.skewness), tensorOf(this.tailweight)];
    const logFactor = logFactorOf(tailweight);
    const a = arcsinh(x, tf.scalar(0));
    const z = tf.mul(tf.add(a, skewness), tailweight);
    return [sinh(z, logFactor), logDet(a, z, tailweight, logFactor)];
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    const [skewness, tailweight] = [tensorOf(this.skewness), tensorOf(this.tailweight)];
    const logFactor = logFactorOf(tailweight);
    const z = arcsinh(y, tf.neg(logFactor));
    const a = tf.sub(tf.div(z, tailweight), skewness);
    return [sinh(a, tf.scalar(0)), tf.neg(logDet(a, z, tailweight, logFactor))];
  }
}

/** log m = log 2 − log sinh d, d = tailweight·arcsinh 2. */
function logFactorOf(tailweight: tf.Tensor): tf.Tensor {
  const d = tf.mul(tailweight, ARCSINH_TWO);
  return tf.sub(tf.sub(2 * Math.LN2, d), tf.log(tf.neg(tf.expm1(tf.mul(d, -2)))));
}

function logDet(a: tf.Tensor, z: tf.Tensor, tailweight: tf.Tensor, logFactor: tf.Tensor): tf.Tensor {
  return tf.add(tf.sub(logCosh(z), logCosh(a)), tf.add(tf.log(tailweight), logFactor));
}

/** sinh(z)·e^logFactor. */
function sinh(z: tf.Tensor, logFactor: tf.Tensor): tf.Tensor {
  const far = tf.relu(tf.sub(tf.abs(z), FAR_SINH));
  const exponent = tf.minimum(tf.add(far, logFactor), LARGEST_EXPONENT);
  return tf.mul(tf.sinh(tf.clipByValue(z, -FAR_SINH, FAR_SINH)), tf.exp(exponent));
}

/** arcsinh(x·e^logFactor). The gradient of tfjs's own is 0 above 10¹⁹, where x² overflows. ±∞ counts as the largest number. */
function arcsinh(input: tf.Tensor, logFactor: tf.Tensor): tf.Tensor {
  const x = tf.clipByValue(input, -LARGEST_FLOAT32, LARGEST_FLOAT32);
  const scaled = tf.mul(x, tf.exp(tf.minimum(logFactor, LARGEST_FACTOR)));
  const near = tf.asinh(tf.clipByValue(scaled, -FAR_ARCSINH, FAR_ARCSINH));
  const size = tf.add(tf.log(tf.maximum(tf.abs(x), 2 ** -126)), logFactor);
  return tf.add(near, tf.mul(tf.sign(x), tf.relu(tf.sub(size, portableMath.log(FAR_ARCSINH)))));
}

/** log cosh z = |z| + log(1 + e^(−2|z|)) − log 2. */
function logCosh(z: tf.Tensor): tf.Tensor {
  const size = tf.abs(z);
  return tf.sub(tf.add(size, tf.softplus(tf.mul(size, -2))), Math.LN2);
}

/** y = x for x ≥ 0 and slope·x for x < 0, with a fixed slope; log-determinant 0 and log slope. {@link PRelu} learns it. */
export class LeakyRelu extends IncreasingBijector {
  readonly slope: number;

  /** @throws if the slope is no positive number */
  constructor(options: { readonly slope?: number } = {}) {
    super();
    const { slope = 0.2 } = checkOptions('LeakyRelu', options, { slope: [Number, undefined] });
    if (!(slope > 0 && slope < Number.POSITIVE_INFINITY)) {
      throw new Error(`LeakyRelu: got ${slope}, expected a positive slope`);
    }
    this.slope = slope;
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return negativeSlope(x, tf.scalar(this.slope), 'forward');
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return negativeSlope(y, tf.scalar(this.slope), 'inverse');
  }
}

const MIN_SLOPE = 0.01;

const pReluOptions = z.strictObject({
  dim: z
    .int()
    .positive()
    .optional()
    .describe(
      'size of the last axis, for one slope for each entry; by default one slope for all, of inputs of any size',
    ),
  initialSlope: z.number().gt(MIN_SLOPE).default(1).describe('slope before training'),
  crossingWidth: nonnegative(
    0,
    "how far from 0 inputs lend the log-determinant's jump a gradient; 0 for the gradient of each log-determinant by itself",
  ),
});

/** Options of {@link PRelu}. */
export type PReluOptions = z.input<typeof pReluOptions>;

/**
 * y = x for x ≥ 0 and slope·x for x < 0 with a learned slope |a| + 0.01; log-determinant 0 and log slope. The identity at
 * first.
 *
 * The log-determinant jumps where x passes 0. The mean of a log-density over data changes as data pass, which the gradient of each
 * log-density by itself does not see: learned by that, the kinks of a flow leave the data, and a Gaussian is left. With a
 * `crossingWidth` w the indicator of x < 0 has the gradient of σ(−x / w) in the log-determinant: values stay what they are, and in the
 * mean over data of a density that is smooth at this scale the gradient is right up to a part of order w².
 *
 * He et al., "Delving Deep into Rectifiers", arXiv:1502.01852.
 */
export class PRelu extends IncreasingBijector {
  override readonly dim: number | undefined;
  /** `[dim]`, or a scalar where the slope is shared. */
  readonly a: tf.Variable;
  readonly crossingWidth: number;

  /** @throws if `dim` is no positive integer, `initialSlope` not above 0.01, or `crossingWidth` negative */
  constructor(options: PReluOptions = {}) {
    super();
    const { dim, initialSlope, crossingWidth } = parseOptions('PRelu', pReluOptions, options);
    checkNumbers(dim ?? 1);
    this.dim = dim;
    this.crossingWidth = crossingWidth;
    this.a = tf.tidy(() => tf.variable(tf.fill(dim === undefined ? [] : [dim], initialSlope - MIN_SLOPE), true));
  }

  protected computeForward(x: tf.Tensor): WithLogDet {
    return negativeSlope(x, this.#slope(), 'forward', this.crossingWidth);
  }

  protected computeInverse(y: tf.Tensor): WithLogDet {
    return negativeSlope(y, this.#slope(), 'inverse', this.crossingWidth);
  }

  #slope(): tf.Tensor {
    return tf.add(tf.abs(this.a), MIN_SLOPE);
  }
}

/**
 * Forward x for x ≥ 0 and slope·x for x < 0, with its log-determinant, 0 and log slope; inverse y / slope. The slope is positive.
 * @param crossingWidth see {@link PReluOptions}
 */
function negativeSlope(x: tf.Tensor, slope: tf.Tensor, direction: Direction, crossingWidth = 0): WithLogDet {
  const negative = stopGradient(() => tf.cast(tf.less(x, 0), 'float32'));
  const share = withCrossings(negative, x, crossingWidth);
  const [own, log] = [tf.add(tf.mul(negative, tf.sub(slope, 1)), 1), tf.log(slope)];
  return direction === 'forward' ? [tf.mul(x, own), tf.mul(share, log)] : [tf.div(x, own), tf.mul(share, tf.neg(log))];
}

/** `negative` itself, with the gradient of σ(−x / width). */
function withCrossings(negative: tf.Tensor, x: tf.Tensor, width: number): tf.Tensor {
  if (width === 0) return negative;
  const smooth = tf.sigmoid(tf.mul(x, -1 / width));
  return tf.add(
    smooth,
    stopGradient(() => tf.sub(negative, smooth)),
  );
}
