import * as tf from '@tensorflow/tfjs-core';
import { LARGEST_FLOAT32 } from '../bijectors/float32.ts';
import { stopGradient } from '../nn/stopGradient.ts';
import { checkOptions } from '../options/checkArguments.ts';
import type { Rng } from '../random.ts';
import { Distribution, type Tails } from './distribution.ts';
import { impossibleOutside } from './impossibleOutside.ts';
import { probabilityBefore } from './probabilityBefore.ts';

/** Below it a probability is 0 in float32, so that it has no part in the entropy. */
const LEAST_LOG = -200;

/**
 * One of n categories: P(k) = softmax(logits)ₖ. A draw is its index 0 … n − 1, as float32.
 *
 * A category of logit −∞ is never drawn; its log-probability is float32's least number, with gradient 0. That of a number that is no
 * category is −∞.
 */
export class Categorical extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[] = [];
  readonly reparameterized = false;
  readonly logits: tf.Tensor;

  /**
   * @param logits `[...batch, n]`
   * @throws if there is no category
   */
  constructor(options: { logits: tf.Tensor }) {
    super();
    const { logits } = checkOptions('Categorical', options, { logits: tf.Tensor });
    if (logits.rank === 0 || logits.shape.at(-1) === 0) {
      throw new Error(`Categorical: wanted logits [..., n], got [${logits.shape}]`);
    }
    this.logits = logits;
    this.batchShape = logits.shape.slice(0, -1);
  }

  get #count(): number {
    return this.logits.shape.at(-1)!;
  }

  /** By inversion: how many cumulative probabilities a uniform number has reached. */
  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    const threshold = rng.uniformTensor([...sampleShape, ...this.batchShape, 1]);
    return stopGradient(() => {
      const before = probabilityBefore(tf.softmax(this.logits), this.logits.rank - 1);
      return tf.sub(tf.sum(tf.cast(tf.greaterEqual(threshold, before), 'float32'), -1), 1);
    });
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const chosen = stopGradient(() =>
      tf.cast(tf.equal(tf.expandDims(x, -1), tf.range(0, this.#count, 1, 'float32')), 'float32'),
    );
    const isCategory = () => tf.greater(tf.sum(chosen, -1), 0);
    return impossibleOutside(isCategory, tf.sum(tf.mul(chosen, this.#logProbs()), -1));
  }

  /** The sums of the probabilities of the categories up to x, and beyond. */
  protected override computeTails(x: tf.Tensor): Tails {
    const isUpTo = stopGradient(() =>
      tf.cast(tf.greaterEqual(tf.expandDims(x, -1), tf.range(0, this.#count, 1, 'float32')), 'float32'),
    );
    const probabilities = tf.softmax(this.logits);
    const sum = (chosen: tf.Tensor) => tf.sum(tf.mul(chosen, probabilities), -1);
    return { below: sum(isUpTo), above: sum(tf.sub(1, isUpTo)) };
  }

  /** The least category k with cdf(k) ≥ p. */
  protected override computeQuantile(below: tf.Tensor): tf.Tensor {
    return stopGradient(() => {
      const reached = tf.cumsum(tf.softmax(this.logits), this.logits.rank - 1);
      const count = tf.sum(tf.cast(tf.less(reached, tf.expandDims(below, -1)), 'float32'), -1);
      return tf.minimum(count, this.#count - 1);
    });
  }

  /** −Σₖ P(k) log P(k). */
  override entropy(): tf.Tensor {
    // Not the least number, which the gradient would multiply: 0·∞ is NaN.
    const logProbs = tf.maximum(tf.logSoftmax(this.logits), LEAST_LOG);
    return tf.neg(tf.sum(tf.mul(tf.exp(logProbs), logProbs), -1));
  }

  /** The most probable category, the first of several. */
  override mode(): tf.Tensor {
    return stopGradient(() => tf.cast(tf.argMax(this.logits, -1), 'float32'));
  }

  /** Finite, since 0·∞ is NaN. */
  #logProbs(): tf.Tensor {
    return tf.maximum(tf.logSoftmax(this.logits), -LARGEST_FLOAT32);
  }
}
