import * as tf from '@tensorflow/tfjs-core';
import { Adam, clipByGlobalNorm, compile, type Policy, valueAndGradients } from '../../src/index.ts';
import { valueLoss } from './valueLoss.ts';
import type { ValueNetwork } from './valueNetwork.ts';

export interface ValueLearnerOptions {
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
