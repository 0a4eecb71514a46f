import * as tf from '@tensorflow/tfjs-core';
import {
  type Activation,
  Adam,
  clipByGlobalNorm,
  compile,
  Mlp,
  Module,
  type ObservationEncoder,
  type Policy,
  type Rng,
  valueAndGradients,
} from '../../src/index.ts';

/** 1 − Var[returns − values] / Var[returns]; 0 where the returns do not vary. */
export function explainedVariance(values: Float32Array, returns: Float32Array): number {
  const variance = (x: (i: number) => number): number => {
    let mean = 0;
    for (let i = 0; i < returns.length; i++) mean += x(i) / returns.length;
    let sum = 0;
    for (let i = 0; i < returns.length; i++) {
      const difference = x(i) - mean;
      sum += difference * difference;
    }
    return sum / returns.length;
  };
  const total = variance((i) => returns[i]!);
  return total === 0 ? 0 : 1 - variance((i) => returns[i]! - values[i]!) / total;
}

interface ValueLearnerOptions {
  /** Whose value function it is, as profiles name it: `ppo`. */
  readonly owner: string;
  readonly value: ValueNetwork;
  /** The policy beside it, as which it sees observations. */
  readonly policy: Policy;
  readonly batchSize: number;
  /** ε_v of {@link valueLoss}. */
  readonly clip?: number | undefined;
  readonly maxGradientNorm: number;
  readonly epsilon: number;
}

/** Fits a value function to returns, with an Adam and a gradient bound of its own: L_V = ½ E[(V − R)²]. */
export class ValueLearner {
  readonly optimizer: Adam;
  readonly #update;
  readonly #updateOnArrays;

  constructor({ owner, value, policy, batchSize, clip, maxGradientNorm, epsilon }: ValueLearnerOptions) {
    this.optimizer = new Adam(value.trainableVariables(), { epsilon });
    this.#update = compile(
      ({ observations, returns, oldValues, learningRate }: ValueBatch) => {
        const { gradients, squaredError } = valueAndGradients(() => {
          const squaredError = valueLoss({ value: value.of(observations), oldValue: oldValues, returns, clip });
          return { loss: tf.mul(0.5, squaredError), squaredError };
        }, this.optimizer.parameters);
        const clipped = clipByGlobalNorm(gradients, maxGradientNorm);
        this.optimizer.update(clipped.gradients, learningRate);
        return { squaredError };
      },
      { name: `${owner}/value`, state: [policy, value, this.optimizer] },
    );
    this.#updateOnArrays = this.#update.onArrays({
      observations: { shape: [batchSize, policy.observationDim] },
      returns: { shape: [batchSize] },
      oldValues: { shape: [batchSize] },
      learningRate: { shape: [] },
    });
  }

  /**
   * One update on a minibatch.
   * @returns E[(V − R)²] before it
   */
  improve(
    batch: Readonly<Record<'observations' | 'returns' | 'oldValues', Float32Array>>,
    learningRate: number,
  ): number {
    const { observations, returns, oldValues } = batch;
    return this.#updateOnArrays({ observations, returns, oldValues, learningRate }).squaredError[0]!;
  }

  dispose(): void {
    this.#update.dispose();
    this.optimizer.dispose();
  }
}

type ValueBatch = Record<'observations' | 'returns' | 'oldValues' | 'learningRate', tf.Tensor>;

interface ValueLossInputs {
  /** V of the function that is being improved, `[batch]`. */
  readonly value: tf.Tensor;
  /** V when the steps were made, `[batch]`. */
  readonly oldValue: tf.Tensor;
  /** R, the targets, `[batch]`. */
  readonly returns: tf.Tensor;
  /** ε_v, the largest change of a value that is rewarded; absent: any. */
  readonly clip?: number | undefined;
}

/**
 * E[(V − R)²], or with a clip E[max((V − R)², (V_old + clip(V − V_old, −ε_v, ε_v) − R)²)].
 *
 * Engstrom et al., "Implementation Matters in Deep Policy Gradients", arXiv:2005.12729.
 */
export function valueLoss({ value, oldValue, returns, clip }: ValueLossInputs): tf.Tensor {
  const plain = tf.squaredDifference(value, returns);
  if (clip === undefined) return tf.mean(plain);
  const change = tf.minimum(tf.maximum(tf.sub(value, oldValue), -clip), clip);
  return tf.mean(tf.maximum(plain, tf.squaredDifference(tf.add(oldValue, change), returns)));
}

/**
 * V(o): a network of one output, which sees observations as the policy beside it does: normalized or not, without its mask, and images
 * through an encoder of the same form.
 */
export class ValueNetwork extends Module {
  readonly network: Mlp;
  /** Its own encoder of observations; undefined where the policy has none. */
  readonly encoder: ObservationEncoder | undefined;
  readonly #policy: Policy;

  constructor({
    policy,
    hidden,
    activation = 'tanh',
    rng,
  }: {
    policy: Policy;
    hidden: readonly number[];
    /** `tanh` by default */
    activation?: Activation;
    rng: Rng;
  }) {
    super();
    this.#policy = policy;
    this.encoder = policy.encoder?.another(rng.split('encoder'));
    this.network = new Mlp({
      inputDim: this.encoder?.featureDim ?? policy.observationDim - policy.maskDim,
      hidden,
      outputDim: 1,
      activation,
      outputScale: 1,
      rng,
    });
  }

  /** `[batch, observationDim]` → `[batch]` */
  of(observations: tf.Tensor): tf.Tensor {
    const seen = this.#policy.normalized(observations);
    return tf.squeeze(this.network.apply(this.encoder?.apply(seen) ?? seen), [1]);
  }
}
