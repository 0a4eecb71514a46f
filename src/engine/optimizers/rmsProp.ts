import * as tf from '@tensorflow/tfjs-core';
import { flushedSquares } from './flushed.ts';
import { Optimizer } from './optimizer.ts';

/** Options of {@link RmsProp}. */
export interface RmsPropOptions {
  /** ρ, the decay of the mean of the squared gradient; 0.99. */
  readonly decay?: number;
  /** Added to the mean of the squared gradient, under the root; 1e-5. */
  readonly epsilon?: number;
}

/**
 * RMSprop as A2C was published with, TensorFlow's: the mean square begins at 1, so that the first steps are small, and ε is under the
 * root.
 *
 *     v ← ρ v + (1 − ρ) g²,  v₀ = 1
 *     θ ← θ − lr·g / √(v + ε)
 *
 * Tieleman and Hinton, "Lecture 6.5: RMSprop", 2012; Mnih et al., "Asynchronous Methods for Deep Reinforcement Learning",
 * arXiv:1602.01783.
 */
export class RmsProp extends Optimizer {
  /** v */
  readonly meanSquare: tf.Variable;
  readonly #decay: number;
  readonly #epsilon: number;

  /** @throws for an unknown option, or if the decay is not in [0, 1), or ε is negative */
  constructor(parameters: readonly tf.Variable[], options: RmsPropOptions = {}) {
    super(parameters, options, { decay: [Number, undefined], epsilon: [Number, undefined] });
    const { decay = 0.99, epsilon = 1e-5 } = options;
    if (!(decay >= 0 && decay < 1)) throw new Error(`RmsProp: decay must be in [0, 1), got ${decay}`);
    if (!(epsilon >= 0)) throw new Error(`RmsProp: epsilon must not be negative, got ${epsilon}`);
    this.#decay = decay;
    this.#epsilon = epsilon;
    this.meanSquare = this.zeros(this.size);
    tf.tidy(() => this.meanSquare.assign(tf.ones([this.size])));
  }

  protected override step(parameters: tf.Tensor, gradient: tf.Tensor, learningRate: tf.Tensor | number): tf.Tensor {
    const decayed = tf.add(tf.mul(this.meanSquare, this.#decay), tf.mul(tf.square(gradient), 1 - this.#decay));
    const meanSquare = flushedSquares(decayed);
    this.meanSquare.assign(meanSquare);
    const direction = tf.div(gradient, tf.sqrt(tf.add(meanSquare, this.#epsilon)));
    return tf.sub(parameters, tf.mul(direction, learningRate));
  }
}
