import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../nn/positiveInteger.ts';
import { checkArgument } from '../options/checkArguments.ts';
import type { Rng } from '../random.ts';
import { HALF_LOG_TWO_PI } from '../special/halfLogTwoPi.ts';
import { ndtr, ndtri } from '../special/ndtr.ts';
import { acrossEvent, ofOneNumber } from './acrossEvent.ts';
import { diagonalColumns } from './diagonalColumns.ts';
import { Distribution, type Tails } from './distribution.ts';

/**
 * N(0, I) over vectors: log p(x) = −½‖x‖² − ½ dim log 2π. The base of every flow on a line.
 */
export class StandardNormal extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized = true;

  /**
   * @param dim the size of one event
   * @param batchShape the shape of the batch of independent copies
   * @throws if `dim` is no positive integer
   */
  constructor(dim: number, batchShape: number[] = []) {
    super();
    checkArgument('StandardNormal', 'batchShape', batchShape, Array);
    this.batchShape = batchShape;
    this.eventShape = [positiveInteger('StandardNormal', 'dim', dim)];
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return rng.normalTensor([...sampleShape, ...this.batchShape, ...this.eventShape]);
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    return tf.sub(tf.mul(tf.sum(tf.square(x), -1), -0.5), this.eventShape[0]! * HALF_LOG_TWO_PI);
  }

  protected override computeTails(x: tf.Tensor): Tails {
    return acrossEvent({ below: ndtr(x), above: ndtr(tf.neg(x)) }, 1);
  }

  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    return ofOneNumber(this, ndtri(below, above));
  }

  override entropy(): tf.Tensor {
    return tf.fill(this.batchShape, this.eventShape[0]! * (HALF_LOG_TWO_PI + 0.5));
  }

  override mean(): tf.Tensor {
    return tf.zeros([...this.batchShape, ...this.eventShape]);
  }

  override mode(): tf.Tensor {
    return this.mean();
  }

  override variance(): tf.Tensor {
    return tf.ones([...this.batchShape, ...this.eventShape]);
  }

  /** rᵀ r, `[...batch, dim]` → `[...batch]`. */
  squaredNorm(residual: tf.Tensor): tf.Tensor {
    return tf.sum(tf.square(residual), -1);
  }

  /** Columns of the identity, `[dim, ...batch, dim]`. */
  rootColumns(): tf.Tensor {
    return diagonalColumns(this.variance());
  }
}
