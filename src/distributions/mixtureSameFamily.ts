import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random.ts';
import { Distribution } from './distribution.ts';

/**
 * A mixture of K distributions of one family: p(x) = Σₖ softmax(logits)ₖ pₖ(x).
 *
 * A draw picks a component and then draws from it, so that gradients reach the components' parameters but not the
 * weights: `reparameterized` is false.
 */
export class MixtureSameFamily extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized = false;
  readonly logits: tf.Tensor;
  readonly components: Distribution;

  /**
   * @param logits `[...batch, K]`
   * @param components a distribution over vectors, with batch shape `[...batch, K]`
   * @throws if the two do not fit
   */
  constructor({ logits, components }: { logits: tf.Tensor; components: Distribution }) {
    super();
    if (!tf.util.arraysEqual(logits.shape, components.batchShape)) {
      throw new Error(
        `MixtureSameFamily: wanted components with the batch shape of the logits, [${logits.shape}], ` +
          `got [${components.batchShape}]`,
      );
    }
    this.batchShape = logits.shape.slice(0, -1);
    this.eventShape = components.eventShape;
    this.logits = logits;
    this.components = components;
  }

  sample(rng: Rng, sampleShape: number[] = []): tf.Tensor {
    const draws = this.components.sample(rng, sampleShape);
    const threshold = rng.uniformTensor([...sampleShape, ...this.batchShape, 1]);
    // Component k is taken where the threshold has reached the weights before k but not those before k + 1; the first
    // sum is exactly 0, so that one component is always taken, whatever the rounding.
    const before = tf.cumsum(tf.softmax(this.logits), this.logits.rank - 1, true);
    const reached = tf.cast(tf.greaterEqual(threshold, before), 'float32');
    const rank = reached.rank;
    const next = tf.pad(
      tf.slice(reached, [...Array(rank - 1).fill(0), 1]),
      Array.from({ length: rank }, (_, axis): [number, number] => [0, axis === rank - 1 ? 1 : 0]),
    );
    const chosen = tf.expandDims(tf.sub(reached, next), -1);
    return tf.sum(tf.mul(chosen, draws), -2);
  }

  logProb(x: tf.Tensor): tf.Tensor {
    return tf.logSumExp(tf.add(tf.logSoftmax(this.logits), this.components.logProb(tf.expandDims(x, -2))), -1);
  }

  /** Σₖ wₖ E[Xₖ]. */
  override mean(): tf.Tensor {
    return tf.sum(tf.mul(this.#weights(), this.components.mean()), -2);
  }

  /** By the law of total variance. */
  override variance(): tf.Tensor {
    const second = tf.add(this.components.variance(), tf.square(this.components.mean()));
    return tf.sub(tf.sum(tf.mul(this.#weights(), second), -2), tf.square(this.mean()));
  }

  #weights(): tf.Tensor {
    return tf.expandDims(tf.softmax(this.logits), -1);
  }
}
