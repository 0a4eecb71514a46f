import * as tf from '@tensorflow/tfjs-core';
import { Identity } from '../bijectors/elementwise.ts';
import { Wrapped } from '../distributions/circular.ts';
import type { Distribution } from '../distributions/distribution.ts';
import { MixtureSameFamily } from '../distributions/mixtureSameFamily.ts';
import { MultivariateNormalDiag } from '../distributions/multivariateNormal.ts';
import { SquashedDistribution } from './actionDistributions.ts';
import { MixturePolicy } from './mixturePolicy.ts';
import { Policy } from './policy.ts';

/**
 * A Gaussian policy, or a mixture of Gaussians, taken for a policy over angles: its actions are wound round the circle, see
 * {@link Wrapped}. A Gaussian becomes a wrapped normal.
 *
 * @example
 * makePolicy('gaussian', { observationSpace, actionSpace, rng, squash: 'wrap' }); // actionSpace [−π, π]
 */
export class WrappedPolicy extends Policy<Float32Array> {
  readonly policy: Policy;
  readonly #refusal: string;

  /**
   * @param refusal what the error says
   * @throws if the policy's distribution is no Gaussian with independent components and no mixture of such, or its actions are squashed
   *   already
   */
  constructor(
    policy: Policy,
    refusal = 'WrappedPolicy: wanted a policy of Gaussians with independent components, or of mixtures of such, without a squash, ' +
      `got a ${policy.constructor.name}`,
  ) {
    super();
    this.policy = policy;
    this.#refusal = refusal;
    tf.tidy(() => {
      this.given(tf.zeros([1, policy.observationDim]));
    });
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

  given(observations: tf.Tensor): SquashedDistribution {
    const latent = new Wrapped(this.#onTheLine(this.checked(observations)));
    return new SquashedDistribution(latent, new Identity(), { angles: true });
  }

  /** The distribution that is wound. */
  #onTheLine(observations: tf.Tensor): Distribution {
    const { policy } = this;
    if (policy instanceof MixturePolicy && policy.head !== undefined && policy.bijector instanceof Identity) {
      return policy.latentGiven(observations);
    }
    const actions = policy.given(observations);
    if (actions instanceof SquashedDistribution && actions.bijector instanceof Identity) {
      const { latent } = actions;
      if (latent instanceof MultivariateNormalDiag || latent instanceof MixtureSameFamily) return latent;
    }
    throw new Error(this.#refusal);
  }
}
