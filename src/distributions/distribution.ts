import * as tf from '@tensorflow/tfjs-core';
import { broadcast } from '../bijectors/broadcast.ts';
import { broadcastShape } from '../bijectors/broadcastShape.ts';
import type { Rng } from '../random.ts';
import { checkedSamples, type Estimate, meanWithError } from './estimate.ts';

/** Samples and the log-density at them. */
export interface SampleWithLogProb {
  readonly sample: tf.Tensor;
  readonly logProb: tf.Tensor;
}

/**
 * A probability distribution, or a batch of independent ones: a light object over tensors, made anew wherever it is needed.
 * A subclass writes {@link sample} and {@link computeLogProb}, and what it knows in closed form.
 *
 * One draw has the shape `[...batchShape, ...eventShape]`; `logProb` sums over the event and has the shape `[...batchShape]`.
 * A leading `sampleShape` goes in front of both. Samples are differentiable with respect to the parameters where
 * `reparameterized` says so.
 */
export abstract class Distribution {
  abstract readonly batchShape: number[];
  abstract readonly eventShape: number[];
  /** Whether gradients flow through a sample. */
  abstract readonly reparameterized: boolean;

  /** Whether events are angles: what is 2π apart is one. */
  get angles(): boolean {
    return false;
  }

  /** Draws of shape `[...sampleShape, ...batchShape, ...eventShape]`. */
  abstract sample(rng: Rng, sampleShape?: number[]): tf.Tensor;

  /** log p(x); x has been checked: its last axes are the event, the others broadcast with the batch shape. */
  protected abstract computeLogProb(x: tf.Tensor): tf.Tensor;

  /**
   * log p(x), nats; `x` is `[..., ...batchShape, ...eventShape]`, or broadcasts with that along the batch; the result loses the
   * event.
   * @throws if x is not float32 or its shape does not fit
   */
  logProb(x: tf.Tensor): tf.Tensor {
    const at = x.rank - this.eventShape.length;
    const isEvent = x.dtype === 'float32' && at >= 0 && tf.util.arraysEqual(x.shape.slice(at), this.eventShape);
    const shape = isEvent ? broadcastShape(x.shape.slice(0, at), this.batchShape) : undefined;
    if (shape === undefined) {
      throw new Error(
        `${this.constructor.name}.logProb: wanted float32 of shape [${['...', ...this.batchShape, ...this.eventShape].join(', ')}], ` +
          `got ${x.dtype} of shape [${x.shape.join(', ')}]`,
      );
    }
    const logProb = this.computeLogProb(x);
    return tf.util.arraysEqual(logProb.shape, shape) ? logProb : broadcast(logProb, shape);
  }

  /** Draws and the log-density at them; cheaper than one after the other where the two share work. */
  sampleWithLogProb(rng: Rng, sampleShape?: number[]): SampleWithLogProb {
    const sample = this.sample(rng, sampleShape);
    return { sample, logProb: this.logProb(sample) };
  }

  /**
   * The differential entropy, nats, `[...batchShape]`, exact.
   * @throws where there is no closed form; {@link entropyEstimate} is for those.
   */
  entropy(): tf.Tensor {
    return this.unavailable('entropy in closed form; use entropyEstimate');
  }

  /**
   * The entropy −E[log p(X)] estimated from `samples` fresh draws, unbiased, with its standard error. Its gradient is
   * right where samples are reparameterized.
   * @throws if `samples` is no integer above 1: one draw has no standard error
   */
  entropyEstimate(rng: Rng, samples = 64): Estimate {
    const owner = `${this.constructor.name}.entropyEstimate`;
    return meanWithError(owner, tf.neg(this.sampleWithLogProb(rng, [checkedSamples(owner, samples)]).logProb));
  }

  /** E[X]. @throws where there is no closed form. */
  mean(): tf.Tensor {
    return this.unavailable('mean in closed form');
  }

  /** A point of greatest density. @throws where there is no closed form. */
  mode(): tf.Tensor {
    return this.unavailable('mode in closed form');
  }

  /** Var[X] of each component. @throws where there is no closed form. */
  variance(): tf.Tensor {
    return this.unavailable('variance in closed form');
  }

  private unavailable(what: string): never {
    throw new Error(`${this.constructor.name} has no ${what}`);
  }
}
