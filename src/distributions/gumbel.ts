import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random.ts';
import { EULER } from '../special/euler.ts';
import { surprisal } from '../special/surprisal.ts';
import type { Tails } from './distribution.ts';
import { LocationScaleDistribution } from './locationScaleDistribution.ts';

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
  protected override noiseTails(z: tf.Tensor): Tails {
    const exponent = tf.neg(tf.exp(tf.minimum(tf.neg(z), LARGEST_EXPONENT)));
    return { below: tf.exp(exponent), above: tf.neg(tf.expm1(exponent)) };
  }

  /** −log(−log p). */
  protected override noiseQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
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
