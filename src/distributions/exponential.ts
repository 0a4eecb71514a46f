import * as tf from '@tensorflow/tfjs-core';
import { broadcast } from '../bijectors/broadcast.ts';
import { checkOptions } from '../options/checkArguments.ts';
import type { Rng } from '../random.ts';
import { surprisal } from '../special/surprisal.ts';
import { Distribution, type Tails } from './distribution.ts';
import { impossibleOutside } from './impossibleOutside.ts';
import { jointShape } from './jointShape.ts';

/** log p(x) = logRate − rate·x for x ≥ 0, rate = exp(logRate); 0 density elsewhere. */
export class Exponential extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[] = [];
  readonly reparameterized = true;
  readonly logRate: tf.Tensor;

  /**
   * @param logRate log of the rate, which is 1 / mean, `[...batch]`
   * @throws if it is not float32
   */
  constructor(options: { logRate: tf.Tensor }) {
    super();
    const { logRate } = checkOptions('Exponential', options, { logRate: tf.Tensor });
    this.batchShape = jointShape('Exponential', { logRate });
    this.logRate = logRate;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return tf.mul(tf.neg(tf.log(rng.uniformTensor([...sampleShape, ...this.batchShape]))), this.mean());
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const logProb = tf.sub(this.logRate, tf.mul(tf.exp(this.logRate), tf.maximum(x, 0)));
    return impossibleOutside(() => tf.greaterEqual(broadcast(x, logProb.shape), 0), logProb);
  }

  /** 1 − e^(−rate·x) and e^(−rate·x). */
  protected override computeTails(x: tf.Tensor): Tails {
    const exponent = tf.neg(tf.mul(tf.exp(this.logRate), tf.maximum(x, 0)));
    return { below: tf.neg(tf.expm1(exponent)), above: tf.exp(exponent) };
  }

  /** −log(1 − p) / rate. */
  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    return tf.mul(surprisal(above, below), this.mean());
  }

  /** 1 − logRate. */
  override entropy(): tf.Tensor {
    return tf.sub(1, this.logRate);
  }

  override mean(): tf.Tensor {
    return tf.exp(tf.neg(this.logRate));
  }

  override mode(): tf.Tensor {
    return tf.zeros(this.batchShape);
  }

  override variance(): tf.Tensor {
    return tf.square(this.mean());
  }
}
