import * as tf from '@tensorflow/tfjs-core';
import { broadcast } from '../nn/tensors.ts';
import { portableMath } from '../portableMath.ts';
import type { Rng } from '../random.ts';
import { EULER, surprisal } from '../special/elementary.ts';
import type { SampleWithLogProb, Tails } from './distribution.ts';
import { ScalarDistribution } from './shapes.ts';

/** Parameters of a {@link LocationScaleDistribution}. */
export interface LocationScaleParameters {
  /** The mode, `[...batch]`. */
  readonly loc: tf.Tensor;
  /** log of the scale, which broadcasts with `loc`. */
  readonly logScale: tf.Tensor;
}

/**
 * loc + scale·Z over numbers, scale = exp(logScale), Z a noise that is densest at 0: log p(x) = log p_Z((x − loc)/scale) − logScale.
 *
 * A subclass writes the noise and its density, and its distribution function and its quantiles.
 */
export abstract class LocationScaleDistribution extends ScalarDistribution {
  readonly loc: tf.Tensor;
  readonly logScale: tf.Tensor;

  /** @throws if the parameters are not float32 or do not broadcast */
  constructor(options: LocationScaleParameters) {
    super(options, ['loc', 'logScale']);
    this.loc = options.loc;
    this.logScale = options.logScale;
  }

  /** Draws of Z. */
  protected abstract noise(rng: Rng, shape: number[]): tf.Tensor;

  /** log p_Z(z). */
  protected abstract noiseLogProb(z: tf.Tensor): tf.Tensor;

  /** Z's differential entropy, nats. */
  protected abstract readonly noiseEntropy: number;

  /** Var[Z]. */
  protected abstract readonly noiseVariance: number;

  /** P(Z ≤ z) and P(Z > z); see {@link Distribution.cdf}. */
  protected abstract noiseTails(z: tf.Tensor): Tails;

  /** The z with P(Z ≤ z) = below and P(Z > z) = above, of which the smaller is exact. */
  protected abstract noiseQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor;

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return this.#scaled(this.noise(rng, [...sampleShape, ...this.batchShape]));
  }

  protected override computeSampleWithLogProb(rng: Rng, sampleShape: number[]): SampleWithLogProb {
    const z = this.noise(rng, [...sampleShape, ...this.batchShape]);
    return { sample: this.#scaled(z), logProb: this.#logProbOfNoise(z) };
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    return this.#logProbOfNoise(this.#noiseAt(x));
  }

  protected override computeTails(x: tf.Tensor): Tails {
    return this.noiseTails(this.#noiseAt(x));
  }

  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    return this.#scaled(this.noiseQuantile(below, above));
  }

  /** logScale and the noise's entropy. */
  override entropy(): tf.Tensor {
    return this.#spread(tf.add(this.logScale, this.noiseEntropy));
  }

  /** loc, where the noise's mean is 0. */
  override mean(): tf.Tensor {
    return this.#spread(this.loc);
  }

  override mode(): tf.Tensor {
    return this.#spread(this.loc);
  }

  /** scale² and the noise's variance, multiplied. */
  override variance(): tf.Tensor {
    return this.#spread(tf.mul(tf.exp(tf.mul(this.logScale, 2)), this.noiseVariance));
  }

  #noiseAt(x: tf.Tensor): tf.Tensor {
    return tf.mul(tf.sub(x, this.loc), tf.exp(tf.neg(this.logScale)));
  }

  #scaled(z: tf.Tensor): tf.Tensor {
    return tf.add(this.loc, tf.mul(tf.exp(this.logScale), z));
  }

  #logProbOfNoise(z: tf.Tensor): tf.Tensor {
    return tf.sub(this.noiseLogProb(z), this.logScale);
  }

  #spread(value: tf.Tensor): tf.Tensor {
    return broadcast(value, this.batchShape);
  }
}

/**
 * With z = (x − loc)/scale, scale = exp(logScale): log p(x) = −|z| − log 2 − logScale; the difference of two exponential draws. Its entropy
 * is logScale + 1 + log 2, its variance 2 scale².
 */
export class Laplace extends LocationScaleDistribution {
  protected readonly noiseEntropy = 1 + Math.LN2;
  protected readonly noiseVariance = 2;

  protected noise(rng: Rng, shape: number[]): tf.Tensor {
    const uniform = rng.uniformTensor(shape);
    return this.noiseQuantile(uniform, tf.sub(1, uniform));
  }

  protected noiseLogProb(z: tf.Tensor): tf.Tensor {
    return tf.neg(tf.add(tf.abs(z), Math.LN2));
  }

  /** ½ e^−|z| on the side of z, and on the other no less. */
  protected noiseTails(z: tf.Tensor): Tails {
    const half = (of: tf.Tensor) => tf.mul(tf.exp(tf.minimum(of, 0)), 0.5);
    return { below: half(z), above: half(tf.neg(z)) };
  }

  /** log 2p, or −log 2(1 − p). */
  protected noiseQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    const logOfTwice = (p: tf.Tensor) => tf.log(tf.mul(tf.minimum(p, 0.5), 2));
    return tf.sub(logOfTwice(below), logOfTwice(above));
  }
}

/**
 * With z = (x − loc)/scale, scale = exp(logScale): log p(x) = −z − 2 softplus(−z) − logScale; loc + scale·logit U, U uniform.
 * Its entropy is logScale + 2, its variance π² scale² / 3.
 */
export class Logistic extends LocationScaleDistribution {
  protected readonly noiseEntropy = 2;
  protected readonly noiseVariance = (Math.PI * Math.PI) / 3;

  protected noise(rng: Rng, shape: number[]): tf.Tensor {
    const uniform = rng.uniformTensor(shape);
    return tf.sub(tf.log(uniform), tf.log1p(tf.neg(uniform)));
  }

  protected noiseLogProb(z: tf.Tensor): tf.Tensor {
    // It is even, and of |z| nothing is ∞ − ∞.
    const size = tf.abs(z);
    return tf.neg(tf.add(size, tf.mul(tf.softplus(tf.neg(size)), 2)));
  }

  protected noiseTails(z: tf.Tensor): Tails {
    return { below: tf.sigmoid(z), above: tf.sigmoid(tf.neg(z)) };
  }

  /** The logit. */
  protected noiseQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    return tf.sub(surprisal(above, below), surprisal(below, above));
  }
}

/** e⁸⁷ is within float32's range. */
const LARGEST_EXPONENT = 87;

/**
 * With z = (x − loc)/scale, scale = exp(logScale): log p(x) = −z − e^−z − logScale; loc − scale·log(−log U), U uniform. The
 * largest of many independent draws is distributed like this; so is −log of an exponential one. Its entropy is logScale + γ + 1, its
 * variance π² scale² / 6.
 *
 * Below z = −87, where e^−z leaves float32, z is taken for −87.
 */
export class Gumbel extends LocationScaleDistribution {
  protected readonly noiseEntropy = EULER + 1;
  protected readonly noiseVariance = (Math.PI * Math.PI) / 6;

  protected noise(rng: Rng, shape: number[]): tf.Tensor {
    return gumbelNoise(rng, shape);
  }

  protected noiseLogProb(z: tf.Tensor): tf.Tensor {
    const negative = tf.minimum(tf.neg(z), LARGEST_EXPONENT);
    return tf.sub(negative, tf.exp(negative));
  }

  /** exp(−e^−z) and the rest. */
  protected noiseTails(z: tf.Tensor): Tails {
    const exponent = tf.neg(tf.exp(tf.minimum(tf.neg(z), LARGEST_EXPONENT)));
    return { below: tf.exp(exponent), above: tf.neg(tf.expm1(exponent)) };
  }

  /** −log(−log p). */
  protected noiseQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    return tf.neg(tf.log(surprisal(below, above)));
  }

  /** loc + γ scale. */
  override mean(): tf.Tensor {
    return tf.add(this.loc, tf.mul(tf.exp(this.logScale), EULER));
  }
}

/** Draws of Gumbel(0, 1). */
export function gumbelNoise(rng: Rng, shape: number[]): tf.Tensor {
  return tf.neg(tf.log(tf.neg(tf.log(rng.uniformTensor(shape)))));
}

const LOG_PI = portableMath.log(Math.PI);

/**
 * With z = (x − loc)/scale, scale = exp(logScale): log p(x) = −log(1 + z²) − log π − logScale; the quotient of two normal draws. Its entropy
 * is logScale + log 4π. It has no mean and no variance; `loc` is its mode and its median.
 */
export class Cauchy extends LocationScaleDistribution {
  protected readonly noiseEntropy = portableMath.log(4 * Math.PI);
  protected readonly noiseVariance = Number.NaN;

  protected noise(rng: Rng, shape: number[]): tf.Tensor {
    const uniform = rng.uniformTensor(shape);
    return this.noiseQuantile(uniform, tf.sub(1, uniform));
  }

  /** log(1 + z²) is that of the larger of 1 and z², and what is left: a square may overflow. */
  protected noiseLogProb(z: tf.Tensor): tf.Tensor {
    const size = tf.abs(z);
    const larger = tf.maximum(size, 1);
    const quotient = tf.div(tf.minimum(size, 1), larger);
    return tf.neg(tf.add(tf.add(tf.log1p(tf.square(quotient)), tf.mul(tf.log(larger), 2)), LOG_PI));
  }

  /** The angles of (−z, 1) and (z, 1), as shares of π. */
  protected noiseTails(z: tf.Tensor): Tails {
    const share = (of: tf.Tensor) => tf.div(tf.atan2(tf.onesLike(of), of), Math.PI);
    return { below: share(tf.neg(z)), above: share(z) };
  }

  /** −cot πp, or cot π(1 − p). */
  protected noiseQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    const cot = (p: tf.Tensor) => {
      const angle = tf.mul(tf.minimum(p, 0.5), Math.PI);
      return tf.div(tf.cos(angle), tf.sin(angle));
    };
    return tf.sub(cot(above), cot(below));
  }

  /** @throws: there is none */
  override mean(): tf.Tensor {
    return this.unavailable('mean');
  }

  /** @throws: there is none */
  override variance(): tf.Tensor {
    return this.unavailable('variance');
  }
}
