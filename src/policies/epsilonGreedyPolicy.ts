import * as tf from '@tensorflow/tfjs-core';
import { Categorical } from '../distributions/categorical.ts';
import { stopGradient } from '../nn/stopGradient.ts';
import { portableMath } from '../portableMath.ts';
import { bestActions } from './bestActions.ts';
import { DiscreteActions } from './discreteActions.ts';
import type { DiscreteSpace } from './discreteSpace.ts';
import { allowedChoices, maskedLogits, maskOf } from './maskedLogits.ts';
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
 * With an action mask k* is the best of the m actions that are allowed; they have ε/m each beside it, and the others probability 0.
 *
 * Sutton and Barto, "Reinforcement Learning: An Introduction", 2nd edition, 2018, section 2.2.
 */
export abstract class EpsilonGreedyPolicy extends Policy<number> {
  readonly actionDim = 1;
  override readonly discreteActions: DiscreteSpace;
  override readonly maskDim: number;
  /** ε, the probability of a uniform action. */
  readonly epsilon: number;

  /** @throws if ε is not in [0, 1) */
  constructor(options: { actionSpace: DiscreteSpace; epsilon: number; actionMask?: boolean | undefined }) {
    super();
    const { actionSpace, epsilon, actionMask = false } = options;
    if (!(epsilon >= 0 && epsilon < 1)) {
      throw new Error(`${new.target.name}: epsilon: got ${epsilon}, expected a number in [0, 1)`);
    }
    this.discreteActions = actionSpace;
    this.epsilon = epsilon;
    this.maskDim = actionMask ? actionSpace.n : 0;
  }

  /** Q(o, ·): `[batch, observationDim]` → `[batch, n]` */
  abstract values(observations: tf.Tensor): tf.Tensor;

  /** Values of the actions, −∞ where the observations do not allow one: `[batch, n]` → the same. */
  masked(values: tf.Tensor, observations: tf.Tensor): tf.Tensor {
    return this.maskDim === 0 ? values : maskedLogits(values, maskOf(observations, this.maskDim));
  }

  given(observations: tf.Tensor): DiscreteActions {
    const { n, start } = this.discreteActions;
    if (this.maskDim > 0) {
      return new DiscreteActions(new Categorical({ logits: this.#maskedLogits(observations) }), start);
    }
    const each = this.epsilon / n;
    const logits = stopGradient(() => {
      const best = bestActions(this.values(observations));
      const [likely, unlikely] = [1 - this.epsilon + each, each].map((p) => tf.fill(best.shape, portableMath.log(p)));
      return tf.where(tf.greater(best, 0.5), likely!, unlikely!);
    });
    return new DiscreteActions(new Categorical({ logits }), start);
  }

  #maskedLogits(observations: tf.Tensor): tf.Tensor {
    return stopGradient(() => {
      const allowed = allowedChoices(maskOf(observations, this.maskDim));
      const best = bestActions(this.masked(this.values(observations), observations));
      const each = tf.div(this.epsilon, tf.sum(allowed, 1, true));
      return tf.log(tf.add(tf.mul(allowed, each), tf.mul(best, 1 - this.epsilon)));
    });
  }
}
