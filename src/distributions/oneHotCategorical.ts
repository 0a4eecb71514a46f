import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../options/checkArguments.ts';
import type { Rng } from '../random.ts';
import { Categorical } from './categorical.ts';
import { Distribution } from './distribution.ts';

/**
 * One of n categories, P(k) = softmax(logits)ₖ, as the vector of n numbers that is 1 at k and 0 elsewhere:
 * log p(x) = Σ xₖ log softmax(logits)ₖ.
 */
export class OneHotCategorical extends Distribution {
  readonly eventShape: number[];
  readonly reparameterized = false;
  /** The same over indices. */
  readonly categorical: Categorical;

  /**
   * @param logits `[...batch, n]`
   * @throws if there is no category
   */
  constructor(options: { logits: tf.Tensor }) {
    super();
    const { logits } = checkOptions('OneHotCategorical', options, { logits: tf.Tensor });
    this.categorical = new Categorical({ logits });
    this.eventShape = logits.shape.slice(-1);
  }

  get batchShape(): number[] {
    return this.categorical.batchShape;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return this.#oneHot(this.categorical.sample(rng, sampleShape));
  }

  /** The log-probability of the entry that is greatest: x is taken for a one-hot vector. */
  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    return this.categorical.logProb(tf.cast(tf.argMax(x, -1), 'float32'));
  }

  override entropy(): tf.Tensor {
    return this.categorical.entropy();
  }

  override mean(): tf.Tensor {
    return tf.softmax(this.categorical.logits);
  }

  override mode(): tf.Tensor {
    return this.#oneHot(this.categorical.mode());
  }

  override variance(): tf.Tensor {
    const mean = this.mean();
    return tf.mul(mean, tf.sub(1, mean));
  }

  #oneHot(index: tf.Tensor): tf.Tensor {
    return tf.cast(tf.equal(tf.expandDims(index, -1), tf.range(0, this.eventShape[0]!, 1, 'float32')), 'float32');
  }
}
