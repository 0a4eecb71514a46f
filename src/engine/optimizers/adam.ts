import * as tf from '@tensorflow/tfjs-core';
import { flushed, flushedSquares } from './flushed.ts';
import { Optimizer } from './optimizer.ts';

const optional = [Number, undefined];

/** Options of {@link Adam}. */
export interface AdamOptions {
  /** Decay of the mean of the gradient; 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of the squared gradient; 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment, after its bias is corrected; 1e-8. PPO is used with 1e-5. */
  readonly epsilon?: number;
  /** λ of AdamW: each step first multiplies the parameters by 1 − learningRate·λ; 0. */
  readonly weightDecay?: number;
}

/**
 * Adam with decoupled weight decay:
 *
 *     m ← β₁ m + (1 − β₁) g      m̂ = m / (1 − β₁ᵗ)
 *     v ← β₂ v + (1 − β₂) g²     v̂ = v / (1 − β₂ᵗ)
 *     θ ← θ − lr·λ·θ − lr·m̂ / (√v̂ + ε)
 *
 * Kingma and Ba, "Adam: A Method for Stochastic Optimization", arXiv:1412.6980; Loshchilov and Hutter, "Decoupled Weight Decay
 * Regularization", arXiv:1711.05101. ε is where PyTorch and `tf.train.adam` have it.
 */
export class Adam extends Optimizer {
  // The moments are kept as the sums Σ βᵏ g, without the factor 1 − β, and so is what corrects their bias, Σ βᵏ: the factors
  // cancel in m̂ and v̂, and the vectors are walked less often.
  readonly moment1: tf.Variable;
  readonly moment2: tf.Variable;
  readonly decaySums: tf.Variable;
  readonly #options: Required<AdamOptions>;

  /** @throws for an unknown option, or if a decay is not in [0, 1), or ε or λ is negative */
  constructor(parameters: readonly tf.Variable[], options: AdamOptions = {}) {
    super(parameters, options, { beta1: optional, beta2: optional, epsilon: optional, weightDecay: optional });
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
    for (const [name, beta] of [
      ['beta1', beta1],
      ['beta2', beta2],
    ] as const) {
      if (!(beta >= 0 && beta < 1)) throw new Error(`Adam: ${name} must be in [0, 1), got ${beta}`);
    }
    if (!(epsilon >= 0)) throw new Error(`Adam: epsilon must not be negative, got ${epsilon}`);
    if (!(weightDecay >= 0)) throw new Error(`Adam: weightDecay must not be negative, got ${weightDecay}`);
    this.#options = { beta1, beta2, epsilon, weightDecay };
    this.moment1 = this.zeros(this.size);
    this.moment2 = this.zeros(this.size);
    this.decaySums = this.zeros(2);
  }

  protected override step(parameters: tf.Tensor, gradient: tf.Tensor, learningRate: tf.Tensor | number): tf.Tensor {
    const { beta1, beta2, epsilon, weightDecay } = this.#options;
    // Scalars first, so that all that is done with the vectors is one loop.
    const decaySums = tf.add(tf.mul(this.decaySums, tf.tensor1d([beta1, beta2])), 1);
    this.decaySums.assign(decaySums);
    const [sum1, sum2] = tf.split(decaySums, 2) as [tf.Tensor, tf.Tensor];
    // m̂ / (√v̂ + ε) with √(sum of decays) moved from the vector to the scalars.
    const root = tf.sqrt(sum2);
    const floor = tf.mul(epsilon, root);
    const rate = tf.mul(learningRate, tf.div(root, sum1));
    const moment1 = flushed(tf.add(tf.mul(this.moment1, beta1), gradient));
    const moment2 = flushedSquares(tf.add(tf.mul(this.moment2, beta2), tf.square(gradient)));
    this.moment1.assign(moment1);
    this.moment2.assign(moment2);
    const direction = tf.div(moment1, tf.add(tf.sqrt(moment2), floor));
    const kept = weightDecay === 0 ? parameters : tf.mul(parameters, tf.sub(1, tf.mul(learningRate, weightDecay)));
    return tf.sub(kept, tf.mul(direction, rate));
  }
}
