import * as tf from '@tensorflow/tfjs-core';
import { type Bijector, sumLogDet } from '../bijectors/bijector.ts';
import type { Rng } from '../random.ts';
import { Distribution, type SampleWithLogProb } from './distribution.ts';

/**
 * The distribution of f(Z), Z ~ base: log p(y) = log p_Z(f⁻¹(y)) + log|det ∂f⁻¹(y)/∂y|.
 *
 * Sampling goes through `forward` and costs one pass, log-probability included.
 */
export class TransformedDistribution extends Distribution {
  readonly base: Distribution;
  readonly bijector: Bijector;

  /** @throws if the base's event rank is not 1 */
  constructor({ base, bijector }: { base: Distribution; bijector: Bijector }) {
    super();
    if (base.eventShape.length !== 1) {
      throw new Error(`TransformedDistribution: wanted a base over vectors, got event shape [${base.eventShape}]`);
    }
    this.base = base;
    this.bijector = bijector;
  }

  get batchShape(): number[] {
    return this.base.batchShape;
  }

  get eventShape(): number[] {
    return this.base.eventShape;
  }

  get reparameterized(): boolean {
    return this.base.reparameterized;
  }

  sample(rng: Rng, sampleShape: number[] = []): tf.Tensor {
    return this.bijector.forward(this.base.sample(rng, sampleShape));
  }

  override sampleWithLogProb(rng: Rng, sampleShape: number[] = []): SampleWithLogProb {
    const { sample: noise, logProb } = this.base.sampleWithLogProb(rng, sampleShape);
    const [sample, logDet] = this.bijector.forwardAndLogDet(noise);
    return { sample, logProb: tf.sub(logProb, sumLogDet(logDet, this.bijector.eventNdims, 1)) };
  }

  logProb(y: tf.Tensor): tf.Tensor {
    const [noise, logDet] = this.bijector.inverseAndLogDet(y);
    return tf.add(this.base.logProb(noise), sumLogDet(logDet, this.bijector.eventNdims, 1));
  }
}
