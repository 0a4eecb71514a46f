import * as tf from '@tensorflow/tfjs-core';
import { broadcast } from '../bijectors/broadcast.ts';
import { checkOptions } from '../options/checkArguments.ts';
import type { Rng } from '../random.ts';
import { Distribution, type SampleWithLogProb, type Tails } from './distribution.ts';
import { jointShape } from './jointShape.ts';

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
 * A subclass writes the noise and its density, and its distribution function and quantiles where it has them in closed form.
 */
export abstract class LocationScaleDistribution extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[] = [];
  readonly reparameterized = true;
  readonly loc: tf.Tensor;
  readonly logScale: tf.Tensor;

  /** @throws if the parameters are not float32 or do not broadcast */
  constructor(options: LocationScaleParameters) {
    super();
    const { loc, logScale } = checkOptions(new.target.name, options, { loc: tf.Tensor, logScale: tf.Tensor });
    this.batchShape = jointShape(new.target.name, { loc, logScale });
    this.loc = loc;
    this.logScale = logScale;
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
  protected noiseTails(_z: tf.Tensor): Tails {
    return this.unavailable('distribution function in closed form');
  }

  /** The z with P(Z ≤ z) = below and P(Z > z) = above, of which the smaller is exact. */
  protected noiseQuantile(_below: tf.Tensor, _above: tf.Tensor): tf.Tensor {
    return this.unavailable('quantile in closed form');
  }

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
