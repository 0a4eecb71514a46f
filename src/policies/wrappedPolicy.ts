import type * as tf from '@tensorflow/tfjs-core';
import { Identity } from '../bijectors/elementwise.ts';
import { Wrapped } from '../distributions/circular.ts';
import { SquashedDistribution } from './actionDistributions.ts';
import { GaussianPolicy } from './gaussianPolicy.ts';
import { MixturePolicy, RelaxedMixturePolicy } from './mixturePolicy.ts';
import { Policy } from './policy.ts';

/**
 * A Gaussian policy, or a mixture of Gaussians, taken for a policy over angles: its actions are wound round the circle, see
 * {@link Wrapped}. A Gaussian becomes a wrapped normal.
 *
 * @example
 * makePolicy('gaussian', { observationSpace, actionSpace, rng, squash: 'wrap' }); // actionSpace [−π, π]
 */
export class WrappedPolicy extends Policy<Float32Array, SquashedDistribution> {
  readonly policy: GaussianPolicy | MixturePolicy | RelaxedMixturePolicy;

  /**
   * @param refusal what the error says
   * @throws if the policy is no Gaussian with independent components and no mixture of such, or its actions are squashed already
   */
  constructor(
    policy: Policy,
    refusal = `WrappedPolicy: got a ${policy.constructor.name}, expected a policy of Gaussians with independent components, ` +
      'or of mixtures of such, without a squash',
  ) {
    super();
    if (!isOnTheLine(policy)) throw new Error(refusal);
    this.policy = policy;
  }

  get featureDim(): number {
    return this.policy.observationDim;
  }

  get actionDim(): number {
    return this.policy.actionDim;
  }

  override shapeVariables(): tf.Variable[] {
    return this.policy.shapeVariables();
  }

  protected distribution(features: tf.Tensor): SquashedDistribution {
    const { policy } = this;
    const latent = policy instanceof MixturePolicy ? policy.latentGiven(features) : policy.given(features).latent;
    return new SquashedDistribution(new Wrapped(latent), new Identity(), { angles: true });
  }
}

function isOnTheLine(policy: Policy): policy is WrappedPolicy['policy'] {
  const isGaussian =
    policy instanceof GaussianPolicy || policy instanceof MixturePolicy || policy instanceof RelaxedMixturePolicy;
  return isGaussian && policy.bijector instanceof Identity;
}
