import * as tf from '@tensorflow/tfjs-core';
import { Bijector, type Monotonicity, sumLogDet } from '../bijectors/bijector.ts';
import { broadcast, broadcastShape, select } from '../nn/tensors.ts';
import { checkOptions } from '../options/parse.ts';
import type { Rng } from '../random.ts';
import { Distribution, type SampleWithLogProb, type Tails } from './distribution.ts';
import { BatchBroadcast } from './shapes.ts';

/**
 * The distribution of f(Z), Z ~ base: log p(y) = log p_Z(f⁻¹(y)) + log|det ∂f⁻¹(y)/∂y|.
 *
 * Sampling goes through `forward` and costs one pass, log-probability included. Where f maps single numbers and says whether it rises or falls
 * (`monotonicity`), distribution functions and quantiles are the base's: P(f(Z) ≤ y) = P(Z ≤ f⁻¹(y)), or P(Z > f⁻¹(y)) if it falls.
 */
export class TransformedDistribution extends Distribution {
  readonly batchShape: number[];
  readonly eventShape: number[];
  readonly reparameterized: boolean;
  override readonly angles: boolean;
  readonly base: Distribution;
  readonly bijector: Bijector;

  /** @throws if the base's event or batch shape does not fit the bijector's */
  constructor(options: {
    /**
     * over events of at least the rank that the bijector maps: an elementwise one takes any. Where the bijector is a batch of maps
     * and the base has fewer copies, each map gets a copy, drawn independently
     */
    base: Distribution;
    bijector: Bijector;
    /** whether the bijector maps to angles in [−π, π) */
    angles?: boolean;
  }) {
    super();
    const {
      base,
      bijector,
      angles = false,
    } = checkOptions('TransformedDistribution', options, {
      base: Distribution,
      bijector: Bijector,
      angles: [Boolean, undefined],
    });
    const { eventShape } = base;
    const parameters = bijector.parameterShape;
    const at = Math.max(0, parameters.length - eventShape.length);
    const mapped = broadcastShape(parameters.slice(at), eventShape);
    if (
      eventShape.length < bijector.eventNdims ||
      (eventShape.length > 0 && bijector.dim !== undefined && bijector.dim !== eventShape.at(-1)) ||
      mapped === undefined ||
      !tf.util.arraysEqual(mapped, eventShape)
    ) {
      const events =
        eventShape.length > 1
          ? `events that [${parameters.slice(at)}] broadcasts to`
          : `vectors of ${bijector.dim ?? 'any'} numbers`;
      throw new Error(`TransformedDistribution: got event shape [${eventShape}], expected a base over ${events}`);
    }
    const batch = parameters.slice(0, at);
    const whole = broadcastShape(base.batchShape, batch);
    if (whole === undefined) {
      throw new Error(
        `TransformedDistribution: got [${base.batchShape}], ` +
          `expected a base whose batch shape broadcasts with the bijector's [${batch}]`,
      );
    }
    this.base = tf.util.arraysEqual(whole, base.batchShape) ? base : new BatchBroadcast(base, whole);
    this.bijector = bijector;
    this.batchShape = this.base.batchShape;
    this.eventShape =
      eventShape.length === 0 ? [] : [...eventShape.slice(0, -1), bijector.outputDim ?? eventShape.at(-1)!];
    this.reparameterized = base.reparameterized;
    this.angles = angles;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return this.bijector.forward(this.base.sample(rng, sampleShape));
  }

  protected override computeSampleWithLogProb(rng: Rng, sampleShape: number[]): SampleWithLogProb {
    const { sample: noise, logProb } = this.base.sampleWithLogProb(rng, sampleShape);
    const [sample, logDet] = this.bijector.forwardAndLogDet(noise);
    return { sample, logProb: tf.sub(logProb, sumLogDet(logDet, this.bijector.eventNdims, this.eventShape.length)) };
  }

  protected computeLogProb(y: tf.Tensor): tf.Tensor {
    const [noise, logDet] = this.bijector.inverseAndLogDet(this.#whole(y));
    return tf.add(this.base.logProb(noise), sumLogDet(logDet, this.bijector.eventNdims, this.eventShape.length));
  }

  override get hasMode(): boolean {
    return this.bijector.isConstantJacobian && this.base.hasMode;
  }

  /** f of the base's mode, where f changes all densities by one factor. */
  override mode(): tf.Tensor {
    return this.hasMode ? this.bijector.forward(this.base.mode()) : super.mode();
  }

  /** log p of the base's mode, less the log-determinant, which is the same everywhere. */
  override modeLogProb(): tf.Tensor {
    if (!this.hasMode) return super.modeLogProb();
    const logDet = this.bijector.forwardLogDet(this.base.mode());
    return tf.sub(this.base.modeLogProb(), sumLogDet(logDet, this.bijector.eventNdims, this.eventShape.length));
  }

  protected override computeTails(y: tf.Tensor): Tails {
    const sign = this.#sign('distribution function');
    const noise = this.bijector.inverse(this.#whole(y));
    return inOrder(sign, { below: this.base.cdf(noise), above: this.base.survival(noise) });
  }

  protected override computeQuantile(below: tf.Tensor, above: tf.Tensor): tf.Tensor {
    const ordered = inOrder(this.#sign('quantile'), { below, above });
    return this.bijector.forward(this.#whole(this.base.quantile(ordered.below, ordered.above)));
  }

  /** y repeated to the whole batch. */
  #whole(y: tf.Tensor): tf.Tensor {
    const batch = broadcastShape(y.shape.slice(0, y.rank - this.eventShape.length), this.batchShape)!;
    const whole = [...batch, ...this.eventShape];
    return tf.util.arraysEqual(y.shape, whole) ? y : broadcast(y, whole);
  }

  /** Whether f rises or falls, of the batch's rank. */
  #sign(what: string): Monotonicity {
    const sign = tf.util.sizeFromShape(this.eventShape) === 1 ? this.bijector.monotonicity() : undefined;
    if (sign === undefined || this.angles) {
      return this.unavailable(
        `${what}: for that events must be one number, and the bijector must say whether it rises`,
      );
    }
    if (typeof sign === 'number' || sign.rank === 0) return sign;
    return tf.reshape(sign, sign.shape.slice(0, sign.rank - Math.min(sign.rank, this.eventShape.length)));
  }
}

/** What lies on each side of a point, after a map that rises or falls. */
function inOrder(sign: Monotonicity, tails: Tails): Tails {
  const turned = { below: tails.above, above: tails.below };
  if (typeof sign === 'number') return sign > 0 ? tails : turned;
  const pick = (side: keyof Tails) => {
    const [rising, falling] = [tails[side], turned[side]];
    return select(() => tf.greater(tf.add(sign, tf.zerosLike(rising)), 0), rising, falling);
  };
  return { below: pick('below'), above: pick('above') };
}
