import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../../options/checkArguments.ts';
import { portableMath } from '../../portableMath.ts';
import { Bijector, type WithLogDet } from '../bijector.ts';
import { LARGEST_FLOAT32 } from '../float32.ts';
import { commonShape, numbersOf, type Parameter, tensorOf } from '../parameter.ts';

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
export class SinhArcsinh extends Bijector {
  readonly eventNdims = 0;
  override readonly dim: number | undefined;
  readonly skewness: Parameter;
  readonly tailweight: Parameter;
  readonly #parameterShape: readonly number[];

  /**
   * @throws if a skewness given in numbers is not finite, a tailweight in numbers not positive and finite, or they do not broadcast with
   *   one another
   */
  constructor(options: SinhArcsinhOptions = {}) {
    super();
    const { skewness = 0, tailweight = 1 } = checkOptions('SinhArcsinh', options, {
      skewness: [Number, Array, tf.Tensor, undefined],
      tailweight: [Number, Array, tf.Tensor, undefined],
    });
    const badSkewness = numbersOf(skewness).find((value) => !Number.isFinite(value));
    if (badSkewness !== undefined) throw new Error(`SinhArcsinh: wanted a finite skewness, got ${badSkewness}`);
    const badTailweight = numbersOf(tailweight).find((value) => !(value > 0 && value < Number.POSITIVE_INFINITY));
    if (badTailweight !== undefined) throw new Error(`SinhArcsinh: wanted a positive tailweight, got ${badTailweight}`);
    this.skewness = skewness;
    this.tailweight = tailweight;
    const { shape, dim } = commonShape('SinhArcsinh', [skewness, tailweight]);
    this.#parameterShape = shape;
    this.dim = dim;
  }

  override get parameterShape(): readonly number[] {
    return this.#parameterShape;
  }

  override monotonicity(): 1 {
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
