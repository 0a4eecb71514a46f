import * as tf from '@tensorflow/tfjs-core';
import { broadcastShape } from '../bijectors/broadcastShape.ts';
import { checkArgument } from '../options/checkArguments.ts';
import type { Rng } from '../random.ts';
import { Distribution, type SampleWithLogProb, type Tails } from './distribution.ts';

/**
 * A distribution repeated to a larger batch: independent copies, each with draws of its own.
 */
export class BatchBroadcast extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized: boolean;
  readonly distribution: Distribution;

  /** @throws if the distribution's batch shape does not broadcast to `batchShape` */
  constructor(distribution: Distribution, batchShape: readonly number[]) {
    super();
    checkArgument('BatchBroadcast', 'distribution', distribution, Distribution);
    checkArgument('BatchBroadcast', 'batchShape', batchShape, Array);
    const own = distribution.batchShape;
    const whole = broadcastShape(own, batchShape);
    if (whole === undefined || !tf.util.arraysEqual(whole, [...batchShape])) {
      throw new Error(`BatchBroadcast: wanted a batch shape that [${own}] broadcasts to, got [${batchShape}]`);
    }
    this.batchShape = [...batchShape];
    this.eventShape = distribution.eventShape;
    this.reparameterized = distribution.reparameterized;
    this.distribution = distribution;
  }

  override get angles(): boolean {
    return this.distribution.angles;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return this.#merged(this.distribution.sample(rng, [...sampleShape, ...this.#copies]), sampleShape, this.eventShape);
  }

  protected override computeSampleWithLogProb(rng: Rng, sampleShape: number[]): SampleWithLogProb {
    const { sample, logProb } = this.distribution.sampleWithLogProb(rng, [...sampleShape, ...this.#copies]);
    return {
      sample: this.#merged(sample, sampleShape, this.eventShape),
      logProb: this.#merged(logProb, sampleShape, []),
    };
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    return this.distribution.logProb(x);
  }

  protected override computeTails(x: tf.Tensor): Tails {
    return { below: this.distribution.cdf(x), above: this.distribution.survival(x) };
  }

  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    return this.distribution.quantile(below, above);
  }

  override entropy(): tf.Tensor {
    return tf.broadcastTo(this.distribution.entropy(), this.batchShape);
  }

  override mean(): tf.Tensor {
    return this.#repeated(this.distribution.mean());
  }

  override mode(): tf.Tensor {
    return this.#repeated(this.distribution.mode());
  }

  override variance(): tf.Tensor {
    return this.#repeated(this.distribution.variance());
  }

  /** The distribution's batch shape with axes of size 1 in front, of the rank of the whole batch. */
  get #own(): number[] {
    const own = this.distribution.batchShape;
    return [...new Array<number>(this.batchShape.length - own.length).fill(1), ...own];
  }

  /** How many copies there are along each axis of the batch. */
  get #copies(): number[] {
    return this.batchShape.map((size, axis) => (this.#own[axis] === size ? 1 : size));
  }

  /** `[...sample, ...copies, ...own, ...event]` → `[...sample, ...batch, ...event]` */
  #merged(draws: tf.Tensor, sampleShape: number[], eventShape: number[]): tf.Tensor {
    const [rank, first] = [this.batchShape.length, sampleShape.length];
    const parted = tf.reshape(draws, [...sampleShape, ...this.#copies, ...this.#own, ...eventShape]);
    const axes = this.batchShape.flatMap((_, axis) => [first + axis, first + rank + axis]);
    const others = Array.from({ length: parted.rank }, (_, axis) => axis);
    const order = [...others.slice(0, first), ...axes, ...others.slice(first + 2 * rank)];
    // Moving axes of size 1 is a reshape; only copies behind own axes have to be moved.
    const isSorted = axes
      .filter((axis) => parted.shape[axis] !== 1)
      .every((axis, i, all) => i === 0 || all[i - 1]! < axis);
    return tf.reshape(isSorted ? parted : tf.transpose(parted, order), [
      ...sampleShape,
      ...this.batchShape,
      ...eventShape,
    ]);
  }

  #repeated(value: tf.Tensor): tf.Tensor {
    return tf.broadcastTo(value, [...this.batchShape, ...this.eventShape]);
  }
}
