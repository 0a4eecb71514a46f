import * as tf from '@tensorflow/tfjs-core';
import { broadcast, stopGradient, withGradient } from '../nn/tensors.ts';
import type { Rng } from '../random.ts';
import { incompleteBeta, incompleteBetaInverse, logitSlopes } from '../special/beta.ts';
import { HALF_LOG_TWO_PI } from '../special/elementary.ts';
import { digammaRest, lgammaRest } from '../special/gamma.ts';
import type { SampleWithLogProb, Tails } from './distribution.ts';
import { type GammaNoise, gammaNoise, logGammaDrawsOverMean } from './sampling.ts';
import { ScalarDistribution } from './shapes.ts';
import { quantileInside, tailsInside } from './support.ts';

/** Above it z² overflows, and log(1 + z²) is 2 log z. */
const FAR = 1e9;
/** A z that is farther out than FAR for every ν, and finite. */
const FARTHEST = 2 ** 100;
const LEAST = 2 ** -126;
/** Below it the distribution function is straight, to the last digit. */
const NEAR = 1e-4;
const LARGEST = 2 ** 127;

/**
 * Student's t distribution of ν = df degrees of freedom over numbers, moved and stretched: with z = (x − loc)/scale, scale = exp(logScale)
 *
 *     log p(x) = −½ (ν + 1) log(1 + z²/ν) − log(√ν B(ν/2, ½)) − logScale
 *
 * A draw is loc + scale·N/√(G/(ν/2)), of a normal and a gamma draw of concentration ν/2. Its gradient by ν is the implicit one, −(∂F/∂ν)/p
 * (Figurnov et al., arXiv:1805.08498), since ν/(ν + z²) has the distribution function I(ν/2, ½).
 *
 * Draws and quantiles lie within ±2¹²⁷, beyond which some mass of ν < 0.2 lies; `sampleWithLogProb`, and so the entropy's estimate, is exact then, too.
 */
export class StudentT extends ScalarDistribution {
  readonly df: tf.Tensor;
  readonly loc: tf.Tensor;
  readonly logScale: tf.Tensor;

  /** @throws if the parameters are not float32 or do not broadcast */
  constructor(options: {
    /** ν > 0, `[...batch]` */
    df: tf.Tensor;
    /** the median and mode, which broadcasts with it */
    loc: tf.Tensor;
    /** log of the scale, which broadcasts with both; it is no standard deviation */
    logScale: tf.Tensor;
  }) {
    super(options, ['df', 'loc', 'logScale']);
    this.df = broadcast(options.df, this.batchShape);
    this.loc = broadcast(options.loc, this.batchShape);
    this.logScale = broadcast(options.logScale, this.batchShape);
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return this.#draws(rng, sampleShape).sample;
  }

  /** The log-density is that of the draw before it is rounded, which may lie farther out than float32 goes. */
  protected override computeSampleWithLogProb(rng: Rng, sampleShape: number[]): SampleWithLogProb {
    const { sample, logSize } = this.#draws(rng, sampleShape);
    // log(1 + z²/ν)
    const spread = tf.softplus(tf.sub(tf.mul(logSize, 2), tf.log(this.df)));
    return { sample, logProb: this.#logProbOf(spread) };
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    // The quotients z and z/√ν may be larger than float32 goes, where their logarithms are not.
    const quotient = tf.mul(tf.clipByValue(this.#noise(x), -FARTHEST, FARTHEST), tf.pow(this.df, -0.5));
    const near = tf.log1p(tf.square(tf.clipByValue(quotient, -FAR, FAR)));
    const logApart = tf.log(tf.maximum(tf.abs(tf.sub(x, this.loc)), LEAST));
    const far = tf.sub(tf.mul(tf.sub(logApart, this.logScale), 2), tf.log(this.df));
    const isNear = stopGradient(() => tf.less(tf.abs(quotient), FAR));
    return this.#logProbOf(tf.where(isNear, near, far));
  }

  /** Half of I_{ν/(ν + z²)}(ν/2, ½), the regularized incomplete beta function, lies beyond z on its own side of loc. */
  protected override computeTails(x: tf.Tensor): Tails {
    const z = this.#noise(x);
    const df = broadcast(this.df, z.shape);
    const logSize = tf.log(tf.clipByValue(tf.abs(z), NEAR, LARGEST));
    const over = stopGradient(() => tf.mul(logSize, -2));
    const half = tf.fill(z.shape, 0.5);
    const { below } = incompleteBeta(tf.mul(df, 0.5), half, tf.sub(tf.log(df), tf.mul(logSize, 2)), over);
    const beyond = tf.mul(below, 0.5);
    // Through the centre in a line, since the gradient by log z has no value there.
    const line = tf.mul(z, tf.exp(logNormalizer(df)));
    const isNear = stopGradient(() => tf.less(tf.abs(z), NEAR));
    const isLeft = stopGradient(() => tf.less(z, 0));
    const onSide = (left: tf.Tensor, right: tf.Tensor) => tf.where(isLeft, left, right);
    const within = tf.sub(1, beyond);
    return tailsInside(x, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, {
      below: tf.where(isNear, tf.add(line, 0.5), onSide(beyond, within)),
      above: tf.where(isNear, tf.sub(0.5, line), onSide(within, beyond)),
    });
  }

  /** Beyond z lies s, the smaller of the two: ν/(ν + z²) is that of `incompleteBetaInverse` with 2 s below it. */
  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    return quantileInside(below, above, this.batchShape, low, high, (left, right) => {
      const df = broadcast(this.df, left.shape);
      const isLeft = stopGradient(() => tf.less(left, right));
      const beyond = tf.where(isLeft, left, right);
      // 1 − 2 s
      const within = tf.mul(tf.sub(0.5, beyond), 2);
      // Through the centre in a line, as the distribution function there.
      const line = tf.mul(within, tf.mul(tf.exp(tf.neg(logNormalizer(df))), 0.5));
      const isNear = stopGradient(() => tf.less(line, NEAR));
      const inside = (share: tf.Tensor, at: number) => tf.where(isNear, tf.fill(share.shape, at), share);
      const half = tf.fill(left.shape, 0.5);
      const [lower, upper] = [inside(tf.mul(beyond, 2), 0.5), inside(within, 0.5)];
      const { logit, over } = incompleteBetaInverse(tf.mul(df, 0.5), half, lower, upper);
      // log |z| = −over/2, with the gradient that it has by way of the log-odds.
      const rounded = tf.mul(tf.sub(tf.log(df), logit), 0.5);
      const lost = stopGradient(() => tf.neg(tf.add(tf.mul(over, 0.5), rounded)));
      const far = tf.exp(tf.minimum(tf.add(rounded, lost), 88));
      const size = tf.where(isNear, line, far);
      const z = tf.where(isLeft, tf.neg(size), size);
      const x = tf.add(this.loc, tf.mul(tf.exp(this.logScale), z));
      return tf.clipByValue(x, -LARGEST, LARGEST);
    });
  }

  /** ½ (ν + 1)(ψ((ν + 1)/2) − ψ(ν/2)) + log(√ν B(ν/2, ½)) + logScale. */
  override entropy(): tf.Tensor {
    const half = tf.mul(this.df, 0.5);
    const gap = tf.add(tf.log1p(tf.reciprocal(this.df)), tf.sub(digammaRest(tf.add(half, 0.5)), digammaRest(half)));
    return tf.add(tf.sub(tf.mul(tf.add(half, 0.5), gap), logNormalizer(this.df)), this.logScale);
  }

  /** loc; NaN where ν ≤ 1, which has no mean. */
  override mean(): tf.Tensor {
    return tf.where(tf.greater(this.df, 1), this.loc, tf.fill(this.batchShape, Number.NaN));
  }

  override mode(): tf.Tensor {
    return tf.clone(this.loc);
  }

  /** scale² ν/(ν − 2); ∞ where 1 < ν ≤ 2, and NaN where ν ≤ 1, which has no mean. */
  override variance(): tf.Tensor {
    const hasVariance = tf.greater(this.df, 2);
    const df = tf.where(hasVariance, this.df, tf.fill(this.batchShape, 3));
    const value = tf.mul(tf.div(df, tf.sub(df, 2)), tf.exp(tf.mul(this.logScale, 2)));
    const none = tf.fill(this.batchShape, Number.NaN);
    const infinite = tf.fill(this.batchShape, Number.POSITIVE_INFINITY);
    return tf.where(hasVariance, value, tf.where(tf.greater(this.df, 1), infinite, none));
  }

  #noise(x: tf.Tensor): tf.Tensor {
    return tf.mul(tf.sub(x, this.loc), tf.exp(tf.neg(this.logScale)));
  }

  /** @param spread log(1 + z²/ν) */
  #logProbOf(spread: tf.Tensor): tf.Tensor {
    const power = tf.mul(tf.mul(tf.add(this.df, 1), 0.5), spread);
    return tf.sub(tf.sub(logNormalizer(this.df), this.logScale), power);
  }

  /** Draws, and log |z| of each. */
  #draws(rng: Rng, sampleShape: number[]) {
    const shape = [...sampleShape, ...this.batchShape];
    const normal = rng.normalTensor(shape);
    const logSize = logSizes(broadcast(this.df, shape), normal, gammaNoise(rng, shape));
    const z = tf.mul(tf.sign(normal), tf.exp(tf.minimum(logSize, 87)));
    const x = tf.add(this.loc, tf.mul(tf.exp(this.logScale), z));
    return { sample: tf.clipByValue(x, -LARGEST, LARGEST), logSize };
  }
}

/** −log(√ν B(ν/2, ½)) = h log(1 + 1/ν) − ½ − ½ log 2π + σ(h + ½) − σ(h), h = ν/2, σ = {@link lgammaRest}. */
function logNormalizer(df: tf.Tensor): tf.Tensor {
  const half = tf.mul(df, 0.5);
  const power = tf.sub(tf.mul(half, tf.log1p(tf.reciprocal(df))), 0.5 + HALF_LOG_TWO_PI);
  return tf.add(power, tf.sub(lgammaRest(tf.add(half, 0.5)), lgammaRest(half)));
}

/** log |z| of draws, with the implicit gradient: the log-odds of ν/(ν + z²) are log ν − 2 log |z|. */
function logSizes(df: tf.Tensor, normal: tf.Tensor, noise: GammaNoise): tf.Tensor {
  const draws = (freedom: tf.Tensor) => {
    const over = logGammaDrawsOverMean(tf.mul(freedom, 0.5), noise);
    return tf.sub(tf.log(tf.maximum(tf.abs(normal), 2 ** -126)), tf.mul(over, 0.5));
  };
  return withGradient([df], draws, (dy, [nu], logSize) => {
    const [byHalf] = logitSlopes({ a: tf.mul(nu, 0.5), b: tf.fill(nu.shape, 0.5), over: tf.mul(logSize, -2) });
    return [tf.mul(dy, tf.mul(tf.sub(tf.reciprocal(nu), tf.mul(byHalf, 0.5)), 0.5))];
  });
}
