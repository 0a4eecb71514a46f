import * as tf from '@tensorflow/tfjs-core';
import type { Box } from '../../envs/index.ts';
import { Mlp, Module, type Rng } from '../../src/index.ts';
import { halfWidths } from './explorationNoise.ts';

export interface ActionValuesOptions {
  readonly observationDim: number;
  /** Components with two finite bounds are brought to [−1, 1] before the networks see them. */
  readonly actionSpace: Box;
  /** Whether actions are angles, of which the networks see the cosine and the sine: Q is then the same at both ends of the circle. */
  readonly angles?: boolean | undefined;
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  readonly rng: Rng;
}

/** Two independent networks Q₁(o, a), Q₂(o, a), of whose targets the less is taken: "twin critics". */
export class ActionValues extends Module {
  readonly networks: readonly Mlp[];
  readonly #angles: boolean;
  readonly #center: number[];
  readonly #perHalfWidth: number[];

  constructor({ observationDim, actionSpace, angles = false, hidden, rng }: ActionValuesOptions) {
    super();
    const { low, high, size } = actionSpace;
    this.#angles = angles;
    const inputDim = observationDim + (angles ? 2 * size : size);
    this.networks = ['q1', 'q2'].map(
      (name) => new Mlp({ inputDim, hidden, outputDim: 1, activation: 'relu', rng: rng.split(name) }),
    );
    this.#center = Array.from(low, (bound, i) => (Number.isFinite(high[i]! - bound) ? (bound + high[i]!) / 2 : 0));
    this.#perHalfWidth = halfWidths(actionSpace).map((half) => 1 / half);
  }

  /** `[batch, observationDim]` and `[batch, actionDim]` → Q₁ and Q₂, `[batch]` each. */
  of(observations: tf.Tensor, actions: tf.Tensor): [tf.Tensor, tf.Tensor] {
    const inputs = tf.concat([observations, ...this.#features(actions)], 1);
    return this.networks.map((network) => tf.squeeze(network.apply(inputs), [1])) as [tf.Tensor, tf.Tensor];
  }

  /** Actions as the networks see them. */
  #features(actions: tf.Tensor): tf.Tensor[] {
    if (this.#angles) return [tf.cos(actions), tf.sin(actions)];
    return [tf.mul(tf.sub(actions, tf.tensor1d(this.#center)), tf.tensor1d(this.#perHalfWidth))];
  }

  /**
   * The critics' loss, c Σᵢ E[(Qᵢ(o, a) − y)²], and E[Q₁(o, a)].
   * @param targets y, `[batch]`
   * @param factor c
   */
  loss(
    observations: tf.Tensor,
    actions: tf.Tensor,
    targets: tf.Tensor,
    factor = 1,
  ): { loss: tf.Tensor; actionValue: tf.Tensor } {
    const [q1, q2] = this.of(observations, actions);
    const errors = tf.add(tf.squaredDifference(q1, targets), tf.squaredDifference(q2, targets));
    return { loss: tf.mul(factor, tf.mean(errors)), actionValue: tf.mean(q1) };
  }

  /** min(Q₁, Q₂), `[batch]` */
  least(observations: tf.Tensor, actions: tf.Tensor): tf.Tensor {
    const [q1, q2] = this.of(observations, actions);
    return tf.minimum(q1, q2);
  }
}
