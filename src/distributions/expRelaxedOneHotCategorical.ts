import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../options/checkArguments.ts';
import { portableMath } from '../portableMath.ts';
import type { Rng } from '../random.ts';
import { Distribution } from './distribution.ts';
import { gumbelNoise } from './gumbel.ts';

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
  constructor(options: {
    /** λ > 0, a number or a scalar */
    temperature: number | tf.Tensor;
    /** `[...batch, n]` */
    logits: tf.Tensor;
  }) {
    super();
    const { temperature, logits } = checkOptions(new.target.name, options, {
      temperature: [Number, tf.Tensor],
      logits: tf.Tensor,
    });
    if ((logits.shape.at(-1) ?? 0) < 2) {
      throw new Error(`${new.target.name}: wanted logits [..., n] of at least two categories, got [${logits.shape}]`);
    }
    if (typeof temperature === 'number' ? !(temperature > 0) : temperature.rank !== 0) {
      const got = typeof temperature === 'number' ? temperature : `shape [${temperature.shape}]`;
      throw new Error(`${new.target.name}: wanted a positive temperature, a number or a scalar, got ${got}`);
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
