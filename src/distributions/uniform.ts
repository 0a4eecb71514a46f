import * as tf from '@tensorflow/tfjs-core';
import { positiveInteger } from '../nn/sizes.ts';
import { stopGradient } from '../nn/tensors.ts';
import { checkOptions } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import type { Rng } from '../random.ts';
import { Distribution, type Tails } from './distribution.ts';
import { acrossEvent, ofOneNumber } from './shapes.ts';

/**
 * The uniform density on the box [low, high)^dim: p(x) = (high − low)^−dim inside, 0 outside. On [−π, π) it is the base
 * of flows over angles.
 */
export class Uniform extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized = true;
  readonly low: number;
  readonly high: number;

  /** @throws if `dim` is no positive integer, or, in float32, the bounds or their distance are not finite, or low ≥ high */
  constructor(options: { dim: number; low: number; high: number; batchShape?: number[] }) {
    super();
    const {
      dim,
      low,
      high,
      batchShape = [],
    } = checkOptions('Uniform', options, { dim: Number, low: Number, high: Number, batchShape: [Array, undefined] });
    if (!(Math.fround(low) < Math.fround(high) && Number.isFinite(Math.fround(high - low)))) {
      throw new Error(`Uniform: got [${low}, ${high}), expected finite bounds low < high`);
    }
    this.batchShape = batchShape;
    this.eventShape = [positiveInteger('Uniform', 'dim', dim)];
    this.low = low;
    this.high = high;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    const unit = rng.uniformTensor([...sampleShape, ...this.batchShape, ...this.eventShape]);
    return tf.add(tf.mul(unit, this.high - this.low), this.low);
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    return stopGradient(() => {
      const inside = tf.logicalAnd(tf.greaterEqual(x, this.low), tf.lessEqual(x, this.high));
      // What is not a number lies nowhere, and stays NaN.
      const outside = tf.minimum(x, Number.NEGATIVE_INFINITY);
      return tf.sum(tf.where(inside, tf.fill(x.shape, this.#logDensity), outside), -1);
    });
  }

  protected override computeTails(x: tf.Tensor): Tails {
    const share = (length: tf.Tensor) => tf.clipByValue(tf.div(length, this.high - this.low), 0, 1);
    return acrossEvent({ below: share(tf.sub(x, this.low)), above: share(tf.sub(this.high, x)) }, 1);
  }

  /** From the nearer end. */
  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    const width = this.high - this.low;
    const isLower = stopGradient(() => tf.less(below, above));
    const x = tf.where(isLower, tf.add(tf.mul(below, width), this.low), tf.sub(this.high, tf.mul(above, width)));
    return ofOneNumber(this, x);
  }

  override entropy(): tf.Tensor {
    return tf.fill(this.batchShape, -this.eventShape[0]! * this.#logDensity);
  }

  override mean(): tf.Tensor {
    return tf.fill([...this.batchShape, ...this.eventShape], (this.low + this.high) / 2);
  }

  /** The middle: all points are as dense. */
  override mode(): tf.Tensor {
    return this.mean();
  }

  override variance(): tf.Tensor {
    const width = this.high - this.low;
    return tf.fill([...this.batchShape, ...this.eventShape], (width * width) / 12);
  }

  get #logDensity(): number {
    return -portableMath.log(this.high - this.low);
  }
}
