import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random.ts';
import { surprisal } from '../special/surprisal.ts';
import type { Tails } from './distribution.ts';
import { LocationScaleDistribution } from './locationScaleDistribution.ts';

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

  protected override noiseTails(z: tf.Tensor): Tails {
    return { below: tf.sigmoid(z), above: tf.sigmoid(tf.neg(z)) };
  }

  /** The logit. */
  protected override noiseQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    return tf.sub(surprisal(above, below), surprisal(below, above));
  }
}
