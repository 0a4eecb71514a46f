import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random.ts';
import { HALF_LOG_TWO_PI } from '../special/halfLogTwoPi.ts';
import { ndtr, ndtri } from '../special/ndtr.ts';
import type { Tails } from './distribution.ts';
import { LocationScaleDistribution } from './locationScaleDistribution.ts';

/** N(loc, exp(logScale)²) over numbers: log p(x) = −½ ((x − loc)/scale)² − logScale − ½ log 2π. */
export class Normal extends LocationScaleDistribution {
  protected readonly noiseEntropy = HALF_LOG_TWO_PI + 0.5;
  protected readonly noiseVariance = 1;

  protected noise(rng: Rng, shape: number[]): tf.Tensor {
    return rng.normalTensor(shape);
  }

  protected noiseLogProb(z: tf.Tensor): tf.Tensor {
    return tf.sub(-HALF_LOG_TWO_PI, tf.mul(tf.square(z), 0.5));
  }

  protected override noiseTails(z: tf.Tensor): Tails {
    return { below: ndtr(z), above: ndtr(tf.neg(z)) };
  }

  protected override noiseQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    return ndtri(below, above);
  }
}
