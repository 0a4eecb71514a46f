import * as tf from '@tensorflow/tfjs-core';
import type { Module } from '../module.ts';
import { broadcast, broadcastShape, stopGradient } from '../nn/tensors.ts';
import { show } from '../options/describe.ts';
import { checkArgument } from '../options/parse.ts';
import { Rng } from '../random.ts';

/** Samples and the log-density at them. */
export interface SampleWithLogProb {
  readonly sample: tf.Tensor;
  readonly logProb: tf.Tensor;
}

/** What lies on each side of a point, of which the smaller is exact. */
export interface Tails {
  /** P(X ≤ x) */
  readonly below: tf.Tensor;
  /** P(X > x) */
  readonly above: tf.Tensor;
}

/**
 * A probability distribution, or a batch of independent ones: a light object over tensors, made anew wherever it is needed.
 * A subclass writes {@link computeSample} and {@link computeLogProb}, and what it knows in closed form.
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
  readonly angles: boolean = false;

  /**
   * What its log-density reads: modules, besides tensors that it makes each time anew. Given, what evaluates it often compiles it;
   * a distribution over other tensors has none.
   */
  readonly state?: readonly Module[];

  /**
   * Draws of shape `[...sampleShape, ...batchShape, ...eventShape]`.
   * @throws if `rng` is no Rng, or `sampleShape` no list of integers ≥ 0
   */
  sample(rng: Rng, sampleShape: number[] = []): tf.Tensor {
    this.#checkDraw('sample', rng, sampleShape);
    return this.computeSample(rng, sampleShape);
  }

  /** Draws of shape `[...sampleShape, ...batchShape, ...eventShape]`. */
  protected abstract computeSample(rng: Rng, sampleShape: number[]): tf.Tensor;

  /** log p(x); x has been checked: its last axes are the event, the others broadcast with the batch shape. */
  protected abstract computeLogProb(x: tf.Tensor): tf.Tensor;

  /**
   * log p(x), nats; `x` is `[..., ...batchShape, ...eventShape]`, or broadcasts with that along the batch; the result loses the
   * event.
   * @throws if x is not float32 or its shape does not fit
   */
  logProb(x: tf.Tensor): tf.Tensor {
    const shape = this.#jointBatch('logProb', x, this.eventShape);
    return spread(this.computeLogProb(x), shape);
  }

  /**
   * P(X ≤ x), of the shapes that {@link logProb} takes and gives; of several numbers that of all of them at once, Xᵢ ≤ xᵢ. Its relative error is
   * small on the left, and its gradient by a number the density, on both sides.
   * @throws where there is no closed form; if x is not float32 or its shape does not fit
   */
  cdf(x: tf.Tensor): tf.Tensor {
    const shape = this.#jointBatch('cdf', x, this.eventShape);
    const { below, above } = this.computeTails(x);
    return spread(smallerOf(below, above), shape);
  }

  /** 1 − {@link cdf}, without the cancellation: its relative error is small on the right. @throws as that does */
  survival(x: tf.Tensor): tf.Tensor {
    const shape = this.#jointBatch('survival', x, this.eventShape);
    const { below, above } = this.computeTails(x);
    return spread(smallerOf(above, below), shape);
  }

  /**
   * The x with cdf(x) = p, of distributions of one number: `[..., ...batchShape]` → `[..., ...batchShape, ...eventShape]`, where a shape that
   * broadcasts with the batch will do. NaN unless 0 ≤ p ≤ 1. Its gradient by p is 1 / density.
   * @param above 1 − p, where that is so small that p does not hold it
   * @throws where there is none in closed form; if p is not float32 or its shape does not fit
   */
  quantile(p: tf.Tensor, above: tf.Tensor = tf.sub(1, p)): tf.Tensor {
    const shape = this.#jointBatch('quantile', p, []);
    const less = stopGradient(() => tf.minimum(p, above));
    const isShare = stopGradient(() => tf.greaterEqual(less, 0));
    const [left, right] = [p, above].map((share) => tf.where(isShare, share, tf.fill(less.shape, 0.5)));
    const x = spread(this.computeQuantile(left!, right!), [...shape, ...this.eventShape]);
    const perEvent = tf.reshape(less, [...less.shape, ...this.eventShape.map(() => 1)]);
    const isQuantile = stopGradient(() => tf.greaterEqual(tf.add(perEvent, tf.zerosLike(x)), 0));
    return tf.where(isQuantile, x, tf.fill(x.shape, Number.NaN));
  }

  /** P(X ≤ x) and P(X > x), each with its gradient exact where it is the smaller; x as in {@link computeLogProb}. */
  protected computeTails(_x: tf.Tensor): Tails {
    return this.unavailable('distribution function in closed form');
  }

  /** The x with P(X ≤ x) = below and P(X > x) = above, no less than 0, which add up to 1: the smaller is the exact one. */
  protected computeQuantile(_below: tf.Tensor, _above: tf.Tensor): tf.Tensor {
    return this.unavailable('quantile in closed form');
  }

  /** Draws and the log-density at them; cheaper than one after the other where the two share work. @throws as {@link sample} */
  sampleWithLogProb(rng: Rng, sampleShape: number[] = []): SampleWithLogProb {
    this.#checkDraw('sampleWithLogProb', rng, sampleShape);
    return this.computeSampleWithLogProb(rng, sampleShape);
  }

  /** What {@link sampleWithLogProb} gives, where draws and log-density share work. */
  protected computeSampleWithLogProb(rng: Rng, sampleShape: number[]): SampleWithLogProb {
    const sample = this.computeSample(rng, sampleShape);
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

  /** E[X]; of angles the direction of E[(cos X, sin X)]. @throws where there is no closed form. */
  mean(): tf.Tensor {
    return this.unavailable('mean in closed form');
  }

  /** Whether {@link mode} is known. */
  get hasMode(): boolean {
    return this.mode !== Distribution.prototype.mode;
  }

  /** A point of greatest density. @throws where there is no closed form. */
  mode(): tf.Tensor {
    return this.unavailable('mode in closed form');
  }

  /** log p at the {@link mode}, nats, `[...batchShape]`. @throws where that is not known. */
  modeLogProb(): tf.Tensor {
    return this.logProb(this.mode());
  }

  /** Var[X] of each component; of angles 1 − E[cos(X − mean)]. @throws where there is no closed form. */
  variance(): tf.Tensor {
    return this.unavailable('variance in closed form');
  }

  protected unavailable(what: string): never {
    throw new Error(`${this.constructor.name} has no ${what}`);
  }

  #checkDraw(method: string, rng: unknown, sampleShape: unknown): void {
    const where = `${this.constructor.name}.${method}`;
    checkArgument(where, 'rng', rng, Rng);
    if (Array.isArray(sampleShape) && sampleShape.every((size) => Number.isInteger(size) && size >= 0)) return;
    throw new Error(`${where}: sampleShape: got ${show(sampleShape)}, expected a list of integers ≥ 0`);
  }

  /** The batch of what comes of `x`, a batch of events. */
  #jointBatch(method: string, x: tf.Tensor, eventShape: readonly number[]): number[] {
    const isTensor = x instanceof tf.Tensor;
    const at = isTensor ? x.rank - eventShape.length : -1;
    const isEvent = at >= 0 && x.dtype === 'float32' && tf.util.arraysEqual(x.shape.slice(at), [...eventShape]);
    const shape = isEvent ? broadcastShape(x.shape.slice(0, at), this.batchShape) : undefined;
    if (shape !== undefined) return shape;
    throw new Error(
      `${this.constructor.name}.${method}: got ${isTensor ? `${x.dtype} of shape [${x.shape.join(', ')}]` : show(x)}, ` +
        `expected float32 of shape [${['...', ...this.batchShape, ...eventShape].join(', ')}]`,
    );
  }
}

function spread(value: tf.Tensor, shape: number[]): tf.Tensor {
  return tf.util.arraysEqual(value.shape, shape) ? value : broadcast(value, shape);
}

/** `wanted`, by way of the other where that is the smaller and so the exact one. */
function smallerOf(wanted: tf.Tensor, other: tf.Tensor): tf.Tensor {
  const isSmaller = stopGradient(() => tf.lessEqual(wanted, other));
  return tf.where(isSmaller, wanted, tf.sub(1, other));
}

/** A Monte-Carlo estimate and its standard error, both of one shape. */
export interface Estimate {
  readonly value: tf.Tensor;
  readonly standardError: tf.Tensor;
}

/**
 * The mean of independent draws `[samples, ...]` along the first axis, with its standard error.
 * @param owner who asks, as errors name it
 * @throws if there are fewer than two: one draw has no standard error
 */
export function meanWithError(owner: string, draws: tf.Tensor): Estimate {
  const samples = checkedSamples(owner, draws.shape[0]!);
  const value = tf.mean(draws, 0);
  const variance = tf.div(tf.sum(tf.square(tf.sub(draws, value)), 0), samples - 1);
  return { value, standardError: tf.sqrt(tf.div(variance, samples)) };
}

/** @throws if `samples` is no integer above 1 */
export function checkedSamples(owner: string, samples: number): number {
  if (Number.isInteger(samples) && samples > 1) return samples;
  throw new Error(`${owner}: got ${samples}, expected an integer number of samples above 1`);
}
