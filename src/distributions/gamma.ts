import * as tf from '@tensorflow/tfjs-core';
import { broadcast, stopGradient } from '../nn/tensors.ts';
import type { Rng } from '../random.ts';
import { HALF_LOG_TWO_PI, surprisal } from '../special/elementary.ts';
import {
  digammaRest,
  incompleteGamma,
  incompleteGammaInverse,
  lgammaRest,
  logGammaLogDensity,
} from '../special/gamma.ts';
import type { SampleWithLogProb, Tails } from './distribution.ts';
import { gammaNoise, logGammaOverMean } from './sampling.ts';
import { ScalarDistribution } from './shapes.ts';
import { impossibleOutside, quantileInside, tailsInside } from './support.ts';

const LOWEST = 2 ** -126;
const HIGHEST = 2 ** 127;

/**
 * Gamma(a, rate) over x > 0, a = concentration, rate = exp(logRate): log p(x) = a log rate + (a − 1) log x − rate·x − log Γ(a); 0 density
 * elsewhere.
 *
 * Draws are by rejection (Marsaglia & Tsang, 2000), and their gradient by a is the implicit one, as those of {@link Beta}; see
 * `gammaDraws.ts`. Draws and arguments lie within [2⁻¹²⁶, 2¹²⁷]; of very small concentrations much of the mass lies nearer to 0 than float32
 * does. `sampleWithLogProb`, and so the entropy's estimate, is exact then, too.
 */
export class Gamma extends ScalarDistribution {
  readonly concentration: tf.Tensor;
  readonly logRate: tf.Tensor;

  /** @throws if the parameters are not float32 or do not broadcast */
  constructor(options: {
    /** a > 0, `[...batch]` */
    concentration: tf.Tensor;
    /** log of the rate, 1/scale, which broadcasts with it */
    logRate: tf.Tensor;
  }) {
    super(options, ['concentration', 'logRate']);
    this.concentration = broadcast(options.concentration, this.batchShape);
    this.logRate = broadcast(options.logRate, this.batchShape);
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return positive(this.#draws(rng, sampleShape).logX);
  }

  /** The log-density is that of the draw before it is rounded, which may lie nearer to 0 than float32 does. */
  protected override computeSampleWithLogProb(rng: Rng, sampleShape: number[]): SampleWithLogProb {
    const { a, over, logX } = this.#draws(rng, sampleShape);
    const density = logGammaLogDensity(a, tf.add(over, tf.log(a)), over);
    return { sample: positive(logX), logProb: tf.sub(density, logX) };
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const { value, logX, a, logScaled, over } = this.#point(x);
    const logProb = tf.sub(logGammaLogDensity(a, logScaled, over), logX);
    return impossibleOutside(() => tf.greaterEqual(value, 0), logProb);
  }

  /** P(a, rate·x) and Q(a, rate·x), the regularized incomplete gamma functions. */
  protected override computeTails(x: tf.Tensor): Tails {
    const { value, a, logScaled, over } = this.#point(x);
    return tailsInside(value, 0, Number.POSITIVE_INFINITY, incompleteGamma(a, logScaled, over));
  }

  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    return quantileInside(below, above, this.batchShape, 0, Number.POSITIVE_INFINITY, (left, right) => {
      const [a, logRate] = [broadcast(this.concentration, left.shape), broadcast(this.logRate, left.shape)];
      return tf.mul(a, tf.exp(tf.sub(incompleteGammaInverse(a, left, right), logRate)));
    });
  }

  /** a − logRate + log Γ(a) + (1 − a) ψ(a), the terms that grow with a left out, since they cancel. */
  override entropy(): tf.Tensor {
    const a = this.concentration;
    const rests = tf.add(lgammaRest(a), tf.mul(tf.sub(1, a), digammaRest(a)));
    return tf.sub(tf.add(tf.add(tf.mul(tf.log(a), 0.5), rests), HALF_LOG_TWO_PI), this.logRate);
  }

  /** a / rate. */
  override mean(): tf.Tensor {
    return tf.mul(this.concentration, tf.exp(tf.neg(this.logRate)));
  }

  /** (a − 1) / rate; 0 where a < 1. */
  override mode(): tf.Tensor {
    return tf.mul(tf.maximum(tf.sub(this.concentration, 1), 0), tf.exp(tf.neg(this.logRate)));
  }

  /** a / rate². */
  override variance(): tf.Tensor {
    return tf.mul(this.concentration, tf.exp(tf.mul(this.logRate, -2)));
  }

  /** log x of draws, and how far rate·x is from a. */
  #draws(rng: Rng, sampleShape: number[]) {
    const shape = [...sampleShape, ...this.batchShape];
    const a = broadcast(this.concentration, shape);
    const over = logGammaOverMean(a, gammaNoise(rng, shape));
    return { a, over, logX: tf.add(over, tf.sub(tf.log(a), this.logRate)) };
  }

  /** `x`, clamped into the support, of the shape that it has with the batch. */
  #point(x: tf.Tensor) {
    const shape = tf.broadcast_util.assertAndGetBroadcastShape(x.shape, this.batchShape);
    const value = broadcast(x, shape);
    const inside = tf.clipByValue(value, LOWEST, HIGHEST);
    const [a, logRate] = [broadcast(this.concentration, shape), broadcast(this.logRate, shape)];
    const logX = tf.log(inside);
    const logScaled = tf.add(logX, logRate);
    const over = stopGradient(() => {
      const apart = tf.div(tf.sub(tf.mul(inside, tf.exp(logRate)), a), a);
      const near = tf.log1p(tf.clipByValue(apart, -0.5, 0.5));
      return tf.where(tf.less(tf.abs(apart), 0.5), near, tf.sub(logScaled, tf.log(a)));
    });
    return { value, logX, a, logScaled, over };
  }
}

/** x of its logarithm, within float32's positive numbers. */
function positive(logX: tf.Tensor): tf.Tensor {
  return tf.clipByValue(tf.exp(logX), LOWEST, HIGHEST);
}

/** log p(x) = logRate − rate·x for x ≥ 0, rate = exp(logRate); 0 density elsewhere. */
export class Exponential extends ScalarDistribution {
  readonly logRate: tf.Tensor;

  /**
   * @param logRate log of the rate, which is 1 / mean, `[...batch]`
   * @throws if it is not float32
   */
  constructor(options: { logRate: tf.Tensor }) {
    super(options, ['logRate']);
    this.logRate = options.logRate;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return tf.mul(tf.neg(tf.log(rng.uniformTensor([...sampleShape, ...this.batchShape]))), this.mean());
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const logProb = tf.sub(this.logRate, tf.mul(tf.exp(this.logRate), tf.maximum(x, 0)));
    return impossibleOutside(() => tf.greaterEqual(broadcast(x, logProb.shape), 0), logProb);
  }

  /** 1 − e^(−rate·x) and e^(−rate·x). */
  protected override computeTails(x: tf.Tensor): Tails {
    const exponent = tf.neg(tf.mul(tf.exp(this.logRate), tf.maximum(x, 0)));
    return { below: tf.neg(tf.expm1(exponent)), above: tf.exp(exponent) };
  }

  /** −log(1 − p) / rate. */
  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    return tf.mul(surprisal(above, below), this.mean());
  }

  /** 1 − logRate. */
  override entropy(): tf.Tensor {
    return tf.sub(1, this.logRate);
  }

  override mean(): tf.Tensor {
    return tf.exp(tf.neg(this.logRate));
  }

  override mode(): tf.Tensor {
    return tf.zeros(this.batchShape);
  }

  override variance(): tf.Tensor {
    return tf.square(this.mean());
  }
}
