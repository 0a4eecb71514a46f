import * as tf from '@tensorflow/tfjs-core';
import { portableMath } from '../portableMath.ts';
import type { Rng } from '../random.ts';
import type { Tails } from './distribution.ts';
import { LocationScaleDistribution } from './locationScaleDistribution.ts';

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
  protected override noiseTails(z: tf.Tensor): Tails {
    const share = (of: tf.Tensor) => tf.div(tf.atan2(tf.onesLike(of), of), Math.PI);
    return { below: share(tf.neg(z)), above: share(z) };
  }

  /** −cot πp, or cot π(1 − p). */
  protected override noiseQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
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
