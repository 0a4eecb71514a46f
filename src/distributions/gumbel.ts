import * as tf from '@tensorflow/tfjs-core';
import { broadcast } from '../bijectors/broadcast.ts';
import type { Rng } from '../random.ts';
import { Distribution } from './distribution.ts';
import { jointShape } from './jointShape.ts';

/** The Euler–Mascheroni constant. */
const EULER = 0.5772156649015329;
/** e⁸⁷ is within float32's range. */
const LARGEST_EXPONENT = 87;

/**
 * With z = (x − loc)/scale, scale = exp(logScale): log p(x) = −z − e^−z − logScale; loc − scale·log(−log U), U uniform. The
 * largest of many independent draws is distributed like this; so is −log of an exponential one.
 *
 * Below z = −87, where e^−z leaves float32, it is taken for e⁸⁷.
 */
export class Gumbel extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[] = [];
  readonly reparameterized = true;
  readonly loc: tf.Tensor;
  readonly logScale: tf.Tensor;

  /** @throws if the shapes do not fit */
  constructor({
    loc,
    logScale,
  }: {
    /** the mode, `[...batch]` */
    loc: tf.Tensor;
    /** log of the scale, which broadcasts with `loc` */
    logScale: tf.Tensor;
  }) {
    super();
    this.batchShape = jointShape('Gumbel', { loc, logScale });
    this.loc = loc;
    this.logScale = logScale;
  }

  sample(rng: Rng, sampleShape: number[] = []): tf.Tensor {
    const noise = gumbelNoise(rng, [...sampleShape, ...this.batchShape]);
    return tf.add(this.loc, tf.mul(tf.exp(this.logScale), noise));
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const negative = tf.mul(tf.sub(this.loc, x), tf.exp(tf.neg(this.logScale)));
    return tf.sub(tf.sub(negative, tf.exp(tf.minimum(negative, LARGEST_EXPONENT))), this.logScale);
  }

  /** logScale + γ + 1. */
  override entropy(): tf.Tensor {
    return this.#spread(tf.add(this.logScale, EULER + 1));
  }

  /** loc + γ scale. */
  override mean(): tf.Tensor {
    return tf.add(this.loc, tf.mul(tf.exp(this.logScale), EULER));
  }

  override mode(): tf.Tensor {
    return this.#spread(this.loc);
  }

  /** π² scale² / 6. */
  override variance(): tf.Tensor {
    return this.#spread(tf.mul(tf.exp(tf.mul(this.logScale, 2)), (Math.PI * Math.PI) / 6));
  }

  #spread(value: tf.Tensor): tf.Tensor {
    return broadcast(value, this.batchShape);
  }
}

/** Draws of Gumbel(0, 1). */
export function gumbelNoise(rng: Rng, shape: number[]): tf.Tensor {
  return tf.neg(tf.log(tf.neg(tf.log(rng.uniformTensor(shape)))));
}
