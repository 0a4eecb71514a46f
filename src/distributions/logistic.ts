import * as tf from '@tensorflow/tfjs-core';
import { broadcast } from '../bijectors/broadcast.ts';
import type { Rng } from '../random.ts';
import { Distribution } from './distribution.ts';
import { jointShape } from './jointShape.ts';

/** With z = (x − loc)/scale, scale = exp(logScale): log p(x) = −z − 2 softplus(−z) − logScale; loc + scale·logit U, U uniform. */
export class Logistic extends Distribution {
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
    /** log of the scale, which broadcasts with `loc` */
    logScale: tf.Tensor;
  }) {
    super();
    this.batchShape = jointShape('Logistic', { loc, logScale });
    this.loc = loc;
    this.logScale = logScale;
  }

  sample(rng: Rng, sampleShape: number[] = []): tf.Tensor {
    const uniform = rng.uniformTensor([...sampleShape, ...this.batchShape]);
    const noise = tf.sub(tf.log(uniform), tf.log1p(tf.neg(uniform)));
    return tf.add(this.loc, tf.mul(tf.exp(this.logScale), noise));
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const z = tf.mul(tf.sub(x, this.loc), tf.exp(tf.neg(this.logScale)));
    return tf.neg(tf.add(tf.add(z, tf.mul(tf.softplus(tf.neg(z)), 2)), this.logScale));
  }

  /** logScale + 2. */
  override entropy(): tf.Tensor {
    return this.#spread(tf.add(this.logScale, 2));
  }

  override mean(): tf.Tensor {
    return this.#spread(this.loc);
  }

  override mode(): tf.Tensor {
    return this.mean();
  }

  /** π² scale² / 3. */
  override variance(): tf.Tensor {
    return this.#spread(tf.mul(tf.exp(tf.mul(this.logScale, 2)), (Math.PI * Math.PI) / 3));
  }

  #spread(value: tf.Tensor): tf.Tensor {
    return broadcast(value, this.batchShape);
  }
}
