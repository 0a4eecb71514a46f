import * as tf from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector.ts';
import { Identity } from '../bijectors/elementwise/identity.ts';
import { MixtureSameFamily } from '../distributions/mixtureSameFamily.ts';
import { MultivariateNormalDiag } from '../distributions/multivariateNormalDiag.ts';
import { boundedLogScale } from '../nn/boundedLogScale.ts';
import { orthogonal } from '../nn/initializers.ts';
import { Mlp } from '../nn/mlp.ts';
import type { GaussianPolicyOptions } from './gaussianPolicy.ts';
import { Policy } from './policy.ts';
import { SquashedDistribution } from './squashedDistribution.ts';

export interface MixturePolicyOptions extends GaussianPolicyOptions {
  readonly components?: number;
  /**
   * Gain of the hidden layers' orthogonal kernels, 0.5 by default: small, so that the components may part before the network tells
   * observations apart.
   */
  readonly hiddenGain?: number;
  /** Gradients of samples reach the weights, too, as SAC needs it; see {@link MixtureSameFamily}. False by default. */
  readonly reparameterize?: boolean;
}

/**
 * u ~ Σₖ wₖ(o) N(μₖ(o), diag(σₖ(o)²)), action = squash(u): the mixture density network, the control for every claim that
 * a flow keeps several modes.
 *
 * Samples are not reparameterized in the weights unless `reparameterize` is set: the numbers are the same, and the gradients of
 * samples are those of the distributional transform, whose variance grows as components part.
 *
 * Bishop, "Mixture density networks", 1994.
 */
export class MixturePolicy extends Policy {
  readonly observationDim: number;
  readonly actionDim: number;
  readonly components: number;
  readonly network: Mlp;
  readonly bijector: Bijector;
  readonly #initialScale: number;
  readonly #reparameterize: boolean;

  /** @throws if `components` is not a positive integer */
  constructor(options: MixturePolicyOptions) {
    super();
    const { observationDim, actionDim, components = 2, hidden = [64, 64], activation = 'tanh' } = options;
    const { squash = new Identity(), initialScale = 1, hiddenGain = 0.5, rng } = options;
    this.#reparameterize = options.reparameterize ?? false;
    if (!Number.isInteger(components) || components < 1) {
      throw new Error(`MixturePolicy: wanted a positive number of components, got ${components}`);
    }
    this.observationDim = observationDim;
    this.actionDim = actionDim;
    this.components = components;
    this.network = new Mlp({
      inputDim: observationDim,
      hidden,
      outputDim: components * (1 + 2 * actionDim),
      activation,
      hiddenInitializer: orthogonal(hiddenGain),
      outputScale: 0.01,
      rng,
    });
    this.bijector = squash;
    this.#initialScale = initialScale;
  }

  given(observations: tf.Tensor): SquashedDistribution {
    const { components, actionDim } = this;
    const size = components * actionDim;
    const [logits, means, scales] = tf.split(
      this.network.apply(this.checked(observations)),
      [components, size, size],
      1,
    );
    const each = (values: tf.Tensor): tf.Tensor => tf.reshape(values, [values.shape[0]!, components, actionDim]);
    const latent = new MixtureSameFamily({
      reparameterize: this.#reparameterize,
      logits: logits!,
      components: new MultivariateNormalDiag({
        loc: each(means!),
        logScale: boundedLogScale(each(scales!), this.#initialScale),
      }),
    });
    return new SquashedDistribution(latent, this.bijector);
  }
}
