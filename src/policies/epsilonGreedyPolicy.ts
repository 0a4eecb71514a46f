import * as tf from '@tensorflow/tfjs-core';
import { Categorical } from '../distributions/categorical.ts';
import { stopGradient } from '../nn/stopGradient.ts';
import { portableMath } from '../portableMath.ts';
import { bestActions } from './bestActions.ts';
import { DiscreteActions } from './discreteActions.ts';
import type { DiscreteSpace } from './discreteSpace.ts';
import { Policy } from './policy.ts';

/**
 * ε-greedy actions by values Q(o, ·) of n discrete actions. With k* = argmax Q(o, ·), the first of several that are equal,
 *
 *     P(start + k | o) = 1 − ε + ε/n for k = k*,  ε/n for any other.
 *
 * The latent value is the index k; both are `[batch, 1]`. The probabilities are piecewise constant, so their gradient by the
 * variables is 0 wherever there is one: such a policy is trained by what learns its values, as DQN, and not by policy gradients. With
 * ε = 0 another action than k* is never taken, and its log-probability is float32's least number.
 *
 * Sutton and Barto, "Reinforcement Learning: An Introduction", 2nd edition, 2018, section 2.2.
 */
export abstract class EpsilonGreedyPolicy extends Policy {
  readonly actionDim = 1;
  override readonly discreteActions: DiscreteSpace;
  /** ε, the probability of a uniform action. */
  readonly epsilon: number;

  /** @throws if ε is not in [0, 1) */
  constructor({ actionSpace, epsilon }: { actionSpace: DiscreteSpace; epsilon: number }) {
    super();
    if (!(epsilon >= 0 && epsilon < 1)) {
      throw new Error(`${new.target.name}: epsilon: got ${epsilon}, expected a number in [0, 1)`);
    }
    this.discreteActions = actionSpace;
    this.epsilon = epsilon;
  }

  /** Q(o, ·): `[batch, observationDim]` → `[batch, n]` */
  abstract values(observations: tf.Tensor): tf.Tensor;

  given(observations: tf.Tensor): DiscreteActions {
    const { n, start } = this.discreteActions;
    const each = this.epsilon / n;
    const logits = stopGradient(() => {
      const best = bestActions(this.values(observations));
      const [likely, unlikely] = [1 - this.epsilon + each, each].map((p) => tf.fill(best.shape, portableMath.log(p)));
      return tf.where(tf.greater(best, 0.5), likely!, unlikely!);
    });
    return new DiscreteActions(new Categorical({ logits }), start);
  }
}
