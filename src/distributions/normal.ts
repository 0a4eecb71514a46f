import * as tf from '@tensorflow/tfjs-core';
import { broadcast } from '../bijectors/broadcast.ts';
import { portableMath } from '../portableMath.ts';
import type { Rng } from '../random.ts';
import { Distribution, type SampleWithLogProb } from './distribution.ts';
import { jointShape } from './jointShape.ts';

const HALF_LOG_TWO_PI = 0.5 * portableMath.log(2 * Math.PI);

/** N(loc, exp(logScale)²) over numbers: log p(x) = −½ ((x − loc)/scale)² − logScale − ½ log 2π. */
export class Normal extends Distribution {
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
    /** `[...batch]` */
    loc: tf.Tensor;
    /** log of the standard deviation, which broadcasts with `loc` */
    logScale: tf.Tensor;
  }) {
    super();
    this.batchShape = jointShape('Normal', { loc, logScale });
    this.loc = loc;
    this.logScale = logScale;
  }

  sample(rng: Rng, sampleShape: number[] = []): tf.Tensor {
    return this.#scaled(rng.normalTensor([...sampleShape, ...this.batchShape]));
  }

  override sampleWithLogProb(rng: Rng, sampleShape: number[] = []): SampleWithLogProb {
    const noise = rng.normalTensor([...sampleShape, ...this.batchShape]);
    return { sample: this.#scaled(noise), logProb: this.#logProbOfNoise(noise) };
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    return this.#logProbOfNoise(tf.mul(tf.sub(x, this.loc), tf.exp(tf.neg(this.logScale))));
  }

  override entropy(): tf.Tensor {
    return this.#spread(tf.add(this.logScale, HALF_LOG_TWO_PI + 0.5));
  }

  override mean(): tf.Tensor {
    return this.#spread(this.loc);
  }

  override mode(): tf.Tensor {
    return this.mean();
  }

  override variance(): tf.Tensor {
    return this.#spread(tf.exp(tf.mul(this.logScale, 2)));
  }

  #scaled(noise: tf.Tensor): tf.Tensor {
    return tf.add(this.loc, tf.mul(tf.exp(this.logScale), noise));
  }

  #logProbOfNoise(noise: tf.Tensor): tf.Tensor {
    return tf.sub(-HALF_LOG_TWO_PI, tf.add(tf.mul(tf.square(noise), 0.5), this.logScale));
  }

  #spread(value: tf.Tensor): tf.Tensor {
    return broadcast(value, this.batchShape);
  }
}
