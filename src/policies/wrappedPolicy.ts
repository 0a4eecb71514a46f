import type * as tf from '@tensorflow/tfjs-core';
import { Identity } from '../bijectors/elementwise/identity.ts';
import { Wrapped } from '../distributions/wrapped.ts';
import { Policy } from './policy.ts';
import { SquashedDistribution } from './squashedDistribution.ts';

/**
 * A Gaussian policy, or a mixture of Gaussians, taken for a policy over angles: its actions are wound round the circle, see
 * {@link Wrapped}. A Gaussian becomes a wrapped normal.
 *
 * @example
 * makePolicy('gaussian', { observationSpace, actionSpace, rng, squash: 'wrap' }); // actionSpace [−π, π]
 */
export class WrappedPolicy extends Policy {
  readonly policy: Policy;

  constructor(policy: Policy) {
    super();
    this.policy = policy;
  }

  get observationDim(): number {
    return this.policy.observationDim;
  }

  get actionDim(): number {
    return this.policy.actionDim;
  }

  override shapeVariables(): tf.Variable[] {
    return this.policy.shapeVariables();
  }

  /** @throws if the policy's distribution is of a kind of its own, or its actions are squashed already */
  given(observations: tf.Tensor): SquashedDistribution {
    const actions = this.policy.given(this.checked(observations));
    if (!(actions instanceof SquashedDistribution) || !(actions.bijector instanceof Identity)) {
      throw new Error(
        `WrappedPolicy: wanted a policy that does not squash its actions, got ${this.policy.constructor.name}`,
      );
    }
    return new SquashedDistribution(new Wrapped(actions.latent), actions.bijector, { angles: true });
  }
}
