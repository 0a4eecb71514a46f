import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../../src/index.ts';
import { ActionCritics } from '../../src/policies/actionCritics.ts';
import { leastMask } from './leastMask.ts';
import { tdErrors } from './tdErrors.ts';
import { weightedRows } from './weightedRows.ts';

/** The loss of critics on a minibatch. */
export interface CriticLoss {
  readonly loss: tf.Tensor;
  /** E[Q₁(o, a)]. */
  readonly actionValue: tf.Tensor;
  /** δ, `[batch]`, by {@link tdErrors}; where the rows have weights. */
  readonly errors?: tf.Tensor;
}

interface LossOptions {
  /** c; 1 by default. */
  readonly factor?: number;
  /** w of each row, `[batch]`; all have 1 unless they are given. */
  readonly weights?: tf.Tensor | undefined;
}

/** Independent networks Q₁(o, a), …, Q_N(o, a): of two the less is a target that is seldom too high, "twin critics". */
export class ActionValues extends ActionCritics {
  /**
   * The critics' loss, c Σᵢ E[w (Qᵢ(o, a) − y)²].
   * @param targets y, `[batch]`
   */
  loss(observations: tf.Tensor, actions: tf.Tensor, targets: tf.Tensor, options: LossOptions = {}): CriticLoss {
    return lossOf(this.of(observations, actions), targets, options);
  }

  /** The mean of all Qᵢ, `[batch]` */
  mean(observations: tf.Tensor, actions: tf.Tensor): tf.Tensor {
    return tf.mean(tf.stack(this.of(observations, actions)), 0);
  }

  /**
   * The least of some of the critics, which are drawn without replacement, once for the whole batch: `[batch]`.
   *
   * Chen et al., "Randomized Ensembled Double Q-Learning", arXiv:2101.05982.
   * @param count M, how many
   */
  leastOfSome(observations: tf.Tensor, actions: tf.Tensor, count: number, rng: Rng): tf.Tensor {
    const isDrawn = tf.greater(leastMask(rng.uniformTensor([this.networks.length]), count), 0);
    const values = tf.stack(this.of(observations, actions), 1);
    return tf.min(tf.where(tf.expandDims(isDrawn, 0), values, tf.fill(values.shape, Number.POSITIVE_INFINITY)), 1);
  }
}

/** c Σᵢ E[w (Qᵢ − y)²] of values Qᵢ, `[batch]` each. */
export function lossOf(
  values: readonly tf.Tensor[],
  targets: tf.Tensor,
  { factor = 1, weights }: LossOptions,
): CriticLoss {
  const squares = values.map((q) => tf.squaredDifference(q, targets)).reduce((sum, square) => tf.add(sum, square));
  return {
    loss: tf.mul(factor, tf.mean(weightedRows(squares, weights))),
    actionValue: tf.mean(values[0]!),
    ...(weights && { errors: tdErrors(values, targets) }),
  };
}
