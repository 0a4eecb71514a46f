import * as tf from '@tensorflow/tfjs-core';
import { type Bijector, sumLogDet } from '../bijectors/bijector.ts';
import { broadcastShape } from '../bijectors/broadcastShape.ts';
import type { Rng } from '../random.ts';
import { BatchBroadcast } from './batchBroadcast.ts';
import { Distribution, type SampleWithLogProb } from './distribution.ts';

/**
 * The distribution of f(Z), Z ~ base: log p(y) = log p_Z(f⁻¹(y)) + log|det ∂f⁻¹(y)/∂y|.
 *
 * Sampling goes through `forward` and costs one pass, log-probability included.
 */
export class TransformedDistribution extends Distribution {
  readonly base: Distribution;
  readonly bijector: Bijector;

  /**
   * @param base over vectors; where the bijector is a batch of maps and the base has fewer copies, each map gets a copy
   * @throws if the base's events are no vectors, or its event or batch shape does not fit the bijector's
   */
  constructor({ base, bijector }: { base: Distribution; bijector: Bijector }) {
    super();
    const [dim] = base.eventShape;
    if (base.eventShape.length !== 1 || (bijector.dim !== undefined && bijector.dim !== dim)) {
      throw new Error(
        `TransformedDistribution: wanted a base over vectors of ${bijector.dim ?? 'any'} numbers, ` +
          `got event shape [${base.eventShape}]`,
      );
    }
    const batch = bijector.parameterShape.slice(0, -1);
    const whole = broadcastShape(base.batchShape, batch);
    if (whole === undefined) {
      throw new Error(
        `TransformedDistribution: wanted a base whose batch shape broadcasts with the bijector's [${batch}], ` +
          `got [${base.batchShape}]`,
      );
    }
    this.base = tf.util.arraysEqual(whole, base.batchShape) ? base : new BatchBroadcast(base, whole);
    this.bijector = bijector;
  }

  get batchShape(): number[] {
    return this.base.batchShape;
  }

  get eventShape(): number[] {
    return this.bijector.outputDim === undefined ? this.base.eventShape : [this.bijector.outputDim];
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

  protected computeLogProb(y: tf.Tensor): tf.Tensor {
    const [noise, logDet] = this.bijector.inverseAndLogDet(y);
    return tf.add(this.base.logProb(noise), sumLogDet(logDet, this.bijector.eventNdims, 1));
  }
}
