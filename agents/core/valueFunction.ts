import * as tf from '@tensorflow/tfjs-core';
import {
  type Activation,
  type Adam,
  clipByGlobalNorm,
  Mlp,
  Module,
  type ObservationEncoder,
  type Past,
  type Policy,
  type Rng,
  valueAndGradients,
} from '../../src/index.ts';
import type { RecurrentNetwork } from '../../src/nn/recurrent.ts';
import { compileOnArrays } from './state.ts';

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

/**
 * E[(V − R)²], or with a clip ε_v E[max((V − R)², (V_old + clip(V − V_old, −ε_v, ε_v) − R)²)].
 *
 * Engstrom et al., "Implementation Matters in Deep Policy Gradients", arXiv:2005.12729.
 * @param values V, `[batch]`
 * @param batch V_old, the values when the steps were made, and R, their targets, `[batch]`
 */
export function clippedValueLoss(
  values: tf.Tensor,
  { oldValues, returns, clip }: { oldValues: tf.Tensor; returns: tf.Tensor; clip?: number | undefined },
): tf.Tensor {
  const errors = tf.squaredDifference(values, returns);
  if (clip === undefined) return tf.mean(errors);
  const change = tf.minimum(tf.maximum(tf.sub(values, oldValues), -clip), clip);
  return tf.mean(tf.maximum(errors, tf.squaredDifference(tf.add(oldValues, change), returns)));
}

/**
 * V(o): a network of one output, which sees observations as the policy beside it does: normalized or not, without its mask, images through an
 * encoder of the same form, and what went before through a memory of the same form.
 */
export class ValueNetwork extends Module {
  readonly network: Mlp;
  /** Its own encoder of observations; undefined where the policy has none. */
  readonly encoder: ObservationEncoder | undefined;
  /** Its own memory; undefined where the policy has none. */
  readonly memory: RecurrentNetwork | undefined;
  readonly #policy: Policy;

  /**
   * @param policy the policy beside it, as which it sees observations
   * @param hidden widths of the hidden layers
   */
  constructor(
    policy: Policy,
    hidden: readonly number[],
    rng: Rng,
    { activation = 'tanh', layerNorm = false }: { readonly activation?: Activation; readonly layerNorm?: boolean } = {},
  ) {
    super();
    this.#policy = policy;
    this.encoder = policy.encoder?.another(rng.split('encoder'));
    this.memory = policy.memory?.another(rng.split('memory'));
    const inputDim = this.memory?.units ?? this.encoder?.featureDim ?? policy.observationDim - policy.maskDim;
    this.network = new Mlp({ inputDim, hidden, outputDim: 1, activation, layerNorm, outputScale: 1, rng });
  }

  /** How many numbers its memory keeps of an episode; 0 without one. */
  get stateDim(): number {
    return this.memory?.stateDim ?? 0;
  }

  /** `[batch, observationDim]` → `[batch]`, with a memory of what a policy's `unroll` takes. */
  of(observations: tf.Tensor, past?: Past): tf.Tensor {
    return this.unroll(observations, past).values;
  }

  /** V of the steps of several sequences, as a policy's `unroll`. */
  unroll(observations: tf.Tensor, past?: Past): { readonly values: tf.Tensor; readonly state?: tf.Tensor } {
    const seen = this.#policy.normalized(observations);
    const inputs = this.encoder?.apply(seen) ?? seen;
    const remembered = past && this.memory?.unroll({ ...past, inputs });
    const values = tf.squeeze(this.network.apply(remembered?.outputs ?? inputs), [1]);
    return { values, ...(remembered && { state: remembered.state }) };
  }
}

/**
 * Compiles a step down ½ E[(V − R)²] of a minibatch; it tells E[(V − R)²].
 * @param owner the agent's class
 * @param modules V, the policy as which it sees observations, and the optimizer of its variables
 */
export function compileValueUpdate(
  owner: string,
  modules: { readonly policy: Policy; readonly value: ValueNetwork; readonly valueOptimizer: Adam },
  { batchSize, maxGradientNorm }: { readonly batchSize: number; readonly maxGradientNorm: number },
) {
  const { policy, value, valueOptimizer } = modules;
  return compileOnArrays(
    `${owner.toLowerCase()}/value`,
    modules,
    {
      observations: { shape: [batchSize, policy.observationDim] },
      returns: { shape: [batchSize] },
      learningRate: { shape: [] },
    },
    ({ observations, returns, learningRate }: Record<'observations' | 'returns' | 'learningRate', tf.Tensor>) => {
      const { gradients, valueLoss } = valueAndGradients(() => {
        const valueLoss = tf.mean(tf.squaredDifference(value.of(observations), returns));
        return { loss: tf.mul(0.5, valueLoss), valueLoss };
      }, valueOptimizer.parameters);
      valueOptimizer.update(clipByGlobalNorm(gradients, maxGradientNorm).gradients, learningRate);
      return { valueLoss };
    },
  );
}
