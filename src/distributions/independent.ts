import * as tf from '@tensorflow/tfjs-core';
import { checkArgument } from '../options/checkArguments.ts';
import type { Rng } from '../random.ts';
import { acrossEvent, ofOneNumber } from './acrossEvent.ts';
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
  readonly #batchShape: number[];
  readonly #eventShape: number[];

  /** @throws if the batch has fewer axes than `ndims`, or `ndims` is no integer ≥ 0 */
  constructor(distribution: Distribution, ndims = 1) {
    super();
    checkArgument('Independent', 'distribution', distribution, Distribution);
    checkArgument('Independent', 'ndims', ndims, Number);
    const { batchShape, eventShape } = distribution;
    const at = batchShape.length - ndims;
    if (!Number.isInteger(ndims) || ndims < 0 || at < 0) {
      throw new Error(`Independent: wanted a batch of at least ${ndims} axes (an integer ≥ 0), got [${batchShape}]`);
    }
    this.distribution = distribution;
    this.ndims = ndims;
    this.#batchShape = batchShape.slice(0, at);
    this.#eventShape = [...batchShape.slice(at), ...eventShape];
  }

  get batchShape(): number[] {
    return this.#batchShape;
  }

  get eventShape(): number[] {
    return this.#eventShape;
  }

  get reparameterized(): boolean {
    return this.distribution.reparameterized;
  }

  override get angles(): boolean {
    return this.distribution.angles;
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
