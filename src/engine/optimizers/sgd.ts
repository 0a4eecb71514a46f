import * as tf from '@tensorflow/tfjs-core';
import { flushed } from './flushed.ts';
import { Optimizer } from './optimizer.ts';

/** Options of {@link Sgd}. */
export interface SgdOptions {
  /** μ, the decay of the velocity; 0, plain gradient descent. */
  readonly momentum?: number;
  /** Nesterov's momentum: the step looks ahead along the velocity; false. */
  readonly nesterov?: boolean;
}

/**
 * Gradient descent with momentum, as PyTorch and `tf.train.momentum` define it:
 *
 *     u ← μ u + g
 *     θ ← θ − lr·u,   or   θ − lr·(g + μ u) with Nesterov's momentum
 *
 * Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013.
 */
export class Sgd extends Optimizer {
  /** u; absent without momentum. */
  readonly velocity: tf.Variable | undefined;
  readonly #momentum: number;
  readonly #nesterov: boolean;

  /** @throws for an unknown option, or if the momentum is not in [0, 1), or is 0 with Nesterov's */
  constructor(parameters: readonly tf.Variable[], options: SgdOptions = {}) {
    super(parameters, options, { momentum: [Number, undefined], nesterov: [Boolean, undefined] });
    const { momentum = 0, nesterov = false } = options;
    if (!(momentum >= 0 && momentum < 1)) throw new Error(`Sgd: momentum must be in [0, 1), got ${momentum}`);
    if (nesterov && momentum === 0) throw new Error('Sgd: nesterov needs a momentum above 0');
    this.#momentum = momentum;
    this.#nesterov = nesterov;
    if (momentum > 0) this.velocity = this.zeros(this.size);
  }

  protected override step(parameters: tf.Tensor, gradient: tf.Tensor, learningRate: tf.Tensor | number): tf.Tensor {
    if (this.velocity === undefined) return tf.sub(parameters, tf.mul(gradient, learningRate));
    const velocity = flushed(tf.add(tf.mul(this.velocity, this.#momentum), gradient));
    this.velocity.assign(velocity);
    const direction = this.#nesterov ? tf.add(gradient, tf.mul(velocity, this.#momentum)) : velocity;
    return tf.sub(parameters, tf.mul(direction, learningRate));
  }
}
