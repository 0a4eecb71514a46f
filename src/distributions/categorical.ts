import * as tf from '@tensorflow/tfjs-core';
import { LARGEST_FLOAT32, stopGradient } from '../nn/tensors.ts';
import { checkOptions } from '../options/parse.ts';
import { portableMath } from '../portableMath.ts';
import type { Rng } from '../random.ts';
import { Distribution, type SampleWithLogProb, type Tails } from './distribution.ts';
import { gumbelNoise } from './locationScale.ts';
import { impossibleOutside, probabilityBefore } from './support.ts';

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
      throw new Error(`Categorical: got [${logits.shape}], expected logits [..., n]`);
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

/**
 * One of n categories, P(k) = softmax(logits)ₖ, as the vector of n numbers that is 1 at k and 0 elsewhere:
 * log p(x) = Σ xₖ log softmax(logits)ₖ.
 */
export class OneHotCategorical extends Distribution {
  readonly batchShape: number[];
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
    this.batchShape = this.categorical.batchShape;
    this.eventShape = logits.shape.slice(-1);
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

interface RelaxedOptions {
  /** λ > 0, a number or a scalar */
  readonly temperature: number | tf.Tensor;
  /** `[...batch, n]` */
  readonly logits: tf.Tensor;
}

const relaxedKinds = { temperature: [Number, tf.Tensor], logits: tf.Tensor };

/**
 * The logarithm of a relaxed one-hot vector: y = log softmax((logits + G)/λ), G Gumbel(0, 1) noise, λ = temperature. With
 * α = logits,
 *
 *     log p(y) = log (n − 1)! + (n − 1) log λ + Σ (αₖ − λ yₖ) − n logsumexp(α − λ y)
 *
 * a density over the n − 1 free components of y. At low temperatures entries of the vector itself are 0 in float32, their
 * logarithms are not.
 *
 * Maddison, Mnih & Teh, "The Concrete Distribution", arXiv:1611.00712, appendix C.3.
 */
export class ExpRelaxedOneHotCategorical extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized = true;
  readonly logits: tf.Tensor;
  readonly temperature: number | tf.Tensor;

  /** @throws if there are fewer than two categories, or the temperature is not positive or no scalar */
  constructor(options: RelaxedOptions) {
    super();
    const { temperature, logits } = checkOptions(new.target.name, options, relaxedKinds);
    if ((logits.shape.at(-1) ?? 0) < 2) {
      throw new Error(`${new.target.name}: got [${logits.shape}], expected logits [..., n] of at least two categories`);
    }
    if (typeof temperature === 'number' ? !(temperature > 0) : temperature.rank !== 0) {
      const got = typeof temperature === 'number' ? temperature : `shape [${temperature.shape}]`;
      throw new Error(`${new.target.name}: got ${got}, expected a positive temperature, a number or a scalar`);
    }
    this.batchShape = logits.shape.slice(0, -1);
    this.eventShape = logits.shape.slice(-1);
    this.logits = logits;
    this.temperature = temperature;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    const noise = gumbelNoise(rng, [...sampleShape, ...this.logits.shape]);
    return tf.logSoftmax(tf.div(tf.add(this.logits, noise), this.temperature));
  }

  protected computeLogProb(y: tf.Tensor): tf.Tensor {
    const n = this.eventShape[0]!;
    let logFactorial = 0;
    for (let k = 2; k < n; k++) logFactorial += portableMath.log(k);
    const tilted = tf.sub(this.logits, tf.mul(y, this.temperature));
    // Σ zₖ − n logsumexp(z) = Σ log softmax(z)ₖ
    const main = tf.add(tf.sum(tf.logSoftmax(tilted), -1), logFactorial);
    return tf.add(main, tf.mul(tf.log(this.temperature), n - 1));
  }
}

const LOWEST = 2 ** -126;

/**
 * Gumbel-softmax or Concrete distribution: x = softmax((logits + G)/λ), G Gumbel(0, 1) noise, λ = temperature. A one-hot
 * draw of softmax(logits) as λ → 0. With α = logits,
 *
 *     log p(x) = log (n − 1)! + (n − 1) log λ + Σ (αₖ − (λ + 1) log xₖ) − n logsumexp(α − λ log x)
 *
 * a density over n − 1 of the components; the last is 1 less their sum. Entries below 2⁻¹²⁶ are taken for that; at low
 * temperatures {@link ExpRelaxedOneHotCategorical} is exact, and so is `sampleWithLogProb`.
 *
 * Jang, Gu & Poole, "Categorical Reparameterization with Gumbel-Softmax", arXiv:1611.01144; Maddison, Mnih & Teh,
 * arXiv:1611.00712.
 */
export class RelaxedOneHotCategorical extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized = true;
  /** The distribution of log x. */
  readonly log: ExpRelaxedOneHotCategorical;

  /** @throws if there are fewer than two categories, or the temperature is not positive or no scalar */
  constructor(options: RelaxedOptions) {
    super();
    this.log = new ExpRelaxedOneHotCategorical(checkOptions('RelaxedOneHotCategorical', options, relaxedKinds));
    this.batchShape = this.log.batchShape;
    this.eventShape = this.log.eventShape;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return tf.exp(this.log.sample(rng, sampleShape));
  }

  protected override computeSampleWithLogProb(rng: Rng, sampleShape: number[]): SampleWithLogProb {
    const { sample: y, logProb } = this.log.sampleWithLogProb(rng, sampleShape);
    return { sample: tf.exp(y), logProb: tf.sub(logProb, tf.sum(y, -1)) };
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    const y = tf.log(tf.maximum(x, LOWEST));
    return tf.sub(this.log.logProb(y), tf.sum(y, -1));
  }
}
