import * as tf from '@tensorflow/tfjs-core';
import { broadcastShape } from '../nn/tensors.ts';
import { checkArgument, checkOptions } from '../options/parse.ts';
import type { Rng } from '../random.ts';
import { Distribution, type SampleWithLogProb, type Tails } from './distribution.ts';

/**
 * A batch of independent distributions taken for one of longer events: the last `ndims` axes of the batch become the first of
 * the event, and log-probabilities are summed over them.
 *
 * @example
 * new Independent(new Normal({ loc: tf.zeros([8, 2]), logScale: tf.scalar(0) }), 1); // batch [8], events [2]
 */
export class Independent extends Distribution {
  readonly distribution: Distribution;
  readonly ndims: number;
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized: boolean;
  override readonly angles: boolean;

  /** @throws if the batch has fewer axes than `ndims`, or `ndims` is no integer ≥ 0 */
  constructor(distribution: Distribution, ndims = 1) {
    super();
    checkArgument('Independent', 'distribution', distribution, Distribution);
    checkArgument('Independent', 'ndims', ndims, Number);
    const { batchShape, eventShape } = distribution;
    const at = batchShape.length - ndims;
    if (!Number.isInteger(ndims) || ndims < 0 || at < 0) {
      throw new Error(`Independent: got [${batchShape}], expected a batch of at least ${ndims} axes (an integer ≥ 0)`);
    }
    this.distribution = distribution;
    this.ndims = ndims;
    this.batchShape = batchShape.slice(0, at);
    this.eventShape = [...batchShape.slice(at), ...eventShape];
    this.reparameterized = distribution.reparameterized;
    this.angles = distribution.angles;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return this.distribution.sample(rng, sampleShape);
  }

  protected override computeSampleWithLogProb(rng: Rng, sampleShape: number[]): SampleWithLogProb {
    const { sample, logProb } = this.distribution.sampleWithLogProb(rng, sampleShape);
    return { sample, logProb: this.#sum(logProb) };
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    return this.#sum(this.distribution.logProb(x));
  }

  protected override computeTails(x: tf.Tensor): Tails {
    const { distribution } = this;
    return acrossEvent({ below: distribution.cdf(x), above: distribution.survival(x) }, this.ndims);
  }

  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    const [p, rest] = [below, above].map((each) =>
      tf.reshape(ofOneNumber(this, each), [...each.shape, ...Array(this.ndims).fill(1)]),
    );
    return this.distribution.quantile(p!, rest!);
  }

  override entropy(): tf.Tensor {
    return this.#sum(this.distribution.entropy());
  }

  override mean(): tf.Tensor {
    return this.distribution.mean();
  }

  override get hasMode(): boolean {
    return this.distribution.hasMode;
  }

  override mode(): tf.Tensor {
    return this.distribution.mode();
  }

  override variance(): tf.Tensor {
    return this.distribution.variance();
  }

  #sum(value: tf.Tensor): tf.Tensor {
    const axes = Array.from({ length: this.ndims }, (_, i) => value.rank - 1 - i);
    return axes.length === 0 ? value : tf.sum(value, axes);
  }
}

/**
 * A distribution repeated to a larger batch: independent copies, each with draws of its own.
 */
export class BatchBroadcast extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized: boolean;
  override readonly angles: boolean;
  readonly distribution: Distribution;

  /** @throws if the distribution's batch shape does not broadcast to `batchShape` */
  constructor(distribution: Distribution, batchShape: readonly number[]) {
    super();
    checkArgument('BatchBroadcast', 'distribution', distribution, Distribution);
    checkArgument('BatchBroadcast', 'batchShape', batchShape, Array);
    const own = distribution.batchShape;
    const whole = broadcastShape(own, batchShape);
    if (whole === undefined || !tf.util.arraysEqual(whole, [...batchShape])) {
      throw new Error(`BatchBroadcast: got [${batchShape}], expected a batch shape that [${own}] broadcasts to`);
    }
    this.batchShape = [...batchShape];
    this.eventShape = distribution.eventShape;
    this.reparameterized = distribution.reparameterized;
    this.angles = distribution.angles;
    this.distribution = distribution;
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

  override get hasMode(): boolean {
    return this.distribution.hasMode;
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

/**
 * The batch shape of a divergence between two distributions.
 * @param owner who asks, as errors name it
 * @throws if their events differ, or their batches do not broadcast
 */
export function divergenceBatch(owner: string, p: Distribution, q: Distribution): number[] {
  checkArgument(owner, 'p', p, Distribution);
  checkArgument(owner, 'q', q, Distribution);
  const batch = broadcastShape(p.batchShape, q.batchShape);
  if (batch !== undefined && tf.util.arraysEqual(p.eventShape, q.eventShape)) return batch;
  throw new Error(
    `${owner}: got events [${p.eventShape}] and [${q.eventShape}], batches [${p.batchShape}] and [${q.batchShape}], ` +
      'expected equal events and batches that broadcast',
  );
}

/**
 * Tails of independent numbers, of all of them at once: below is Π below, the probability that every number lies below its own, above the
 * rest, 1 − Π (1 − above) = −expm1(Σ log1p(−above)).
 * @param ndims how many axes at the end are the event
 */
export function acrossEvent({ below, above }: Tails, ndims: number): Tails {
  const at = below.rank - ndims;
  const [batch, size] = [below.shape.slice(0, at), tf.util.sizeFromShape(below.shape.slice(at))];
  if (size === 1) return { below: tf.reshape(below, batch), above: tf.reshape(above, batch) };
  const logs = tf.sum(tf.reshape(tf.log1p(tf.neg(tf.minimum(above, LARGEST))), [...batch, size]), -1);
  const each = tf.split(tf.reshape(below, [...batch, size]), size, -1);
  const product = each.reduce((total, factor) => tf.mul(total, factor));
  return { below: tf.reshape(product, batch), above: tf.neg(tf.expm1(logs)) };
}

/** The largest float32 below 1: beyond it the logarithm is infinite. */
const LARGEST = 1 - 2 ** -24;

/** Values `[...batch]` as events of one number. @throws if the distribution's events are of several, of which there is no quantile */
export function ofOneNumber(distribution: Distribution, values: tf.Tensor): tf.Tensor {
  const { eventShape } = distribution;
  if (tf.util.sizeFromShape(eventShape) !== 1) {
    throw new Error(
      `${distribution.constructor.name} has no quantile: its events are of shape [${eventShape}], expected one number`,
    );
  }
  return tf.reshape(values, [...values.shape, ...eventShape]);
}

/**
 * The shape that parameters broadcast to.
 * @param owner whose parameters they are, as errors name it
 * @throws if they do not broadcast with one another
 */
function jointShape(owner: string, parameters: Readonly<Record<string, tf.Tensor>>): number[] {
  const tensors = Object.values(parameters);
  const shape = broadcastShape(...tensors.map((each) => each.shape));
  if (shape !== undefined && tensors.every((each) => each.dtype === 'float32')) return shape;
  const got = tensors.map((each) => `${each.dtype} [${each.shape}]`).join(' and ');
  throw new Error(`${owner}: got ${got}, expected float32 ${Object.keys(parameters).join(' and ')} that broadcast`);
}

/** A distribution of numbers whose parameters broadcast, and whose draws have gradients. */
export abstract class ScalarDistribution extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[] = [];
  readonly reparameterized = true;

  /** @throws if an option is unknown, or a parameter no float32 tensor, or they do not broadcast */
  constructor(parameters: object, names: readonly string[]) {
    super();
    const { name } = new.target;
    const tensors = parameters as Readonly<Record<string, tf.Tensor>>;
    checkOptions(name, tensors, Object.fromEntries(names.map((each) => [each, tf.Tensor])));
    this.batchShape = jointShape(name, tensors);
  }
}

/** The columns of diag(diagonal), `[...batch, dim]` → `[dim, ...batch, dim]`. */
export function diagonalColumns(diagonal: tf.Tensor): tf.Tensor {
  const dim = diagonal.shape.at(-1)!;
  const identity = tf.reshape(tf.eye(dim), [dim, ...diagonal.shape.slice(0, -1).map(() => 1), dim]);
  return tf.mul(identity, diagonal);
}
