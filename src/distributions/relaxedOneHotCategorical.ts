import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../options/checkArguments.ts';
import type { Rng } from '../random.ts';
import { Distribution, type SampleWithLogProb } from './distribution.ts';
import { ExpRelaxedOneHotCategorical } from './expRelaxedOneHotCategorical.ts';

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
  readonly reparameterized = true;
  /** The distribution of log x. */
  readonly log: ExpRelaxedOneHotCategorical;

  /** @throws if there are fewer than two categories, or the temperature is not positive or no scalar */
  constructor(options: {
    /** λ > 0, a number or a scalar */
    temperature: number | tf.Tensor;
    /** `[...batch, n]` */
    logits: tf.Tensor;
  }) {
    super();
    this.log = new ExpRelaxedOneHotCategorical(
      checkOptions('RelaxedOneHotCategorical', options, { temperature: [Number, tf.Tensor], logits: tf.Tensor }),
    );
  }

  get batchShape(): number[] {
    return this.log.batchShape;
  }

  get eventShape(): number[] {
    return this.log.eventShape;
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
