import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random.ts';
import type { Tails } from './distribution.ts';
import { LocationScaleDistribution } from './locationScaleDistribution.ts';

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
  protected override noiseTails(z: tf.Tensor): Tails {
    const half = (of: tf.Tensor) => tf.mul(tf.exp(tf.minimum(of, 0)), 0.5);
    return { below: half(z), above: half(tf.neg(z)) };
  }

  /** log 2p, or −log 2(1 − p). */
  protected override noiseQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    const logOfTwice = (p: tf.Tensor) => tf.log(tf.mul(tf.minimum(p, 0.5), 2));
    return tf.sub(logOfTwice(below), logOfTwice(above));
  }
}
