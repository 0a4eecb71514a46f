import * as tf from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector.ts';
import { Identity } from '../bijectors/elementwise/identity.ts';
import { MultivariateNormalTriL } from '../distributions/multivariateNormalTriL.ts';
import { boundedLogScale } from '../nn/boundedLogScale.ts';
import { Mlp } from '../nn/mlp.ts';
import { checkSquash } from './checkSquash.ts';
import type { GaussianPolicyOptions } from './gaussianPolicy.ts';
import { Policy } from './policy.ts';
import { SquashedDistribution } from './squashedDistribution.ts';

/** u ~ N(μ(o), L(o) L(o)ᵀ) with L lower triangular, action = squash(u): the components may be correlated. */
export class FullCovarianceGaussianPolicy extends Policy<Float32Array> {
  readonly observationDim: number;
  readonly actionDim: number;
  readonly network: Mlp;
  readonly bijector: Bijector;
  readonly #initialScale: number;

  /** @throws if the squash is of another size than the actions */
  constructor(options: GaussianPolicyOptions) {
    super();
    const { observationDim, actionDim, hidden = [64, 64], activation = 'tanh', squash = new Identity() } = options;
    checkSquash('FullCovarianceGaussianPolicy', squash, actionDim);
    this.observationDim = observationDim;
    this.actionDim = actionDim;
    this.network = new Mlp({
      inputDim: observationDim,
      hidden,
      outputDim: 2 * actionDim + (actionDim * (actionDim - 1)) / 2,
      activation,
      outputScale: 0.01,
      rng: options.rng,
    });
    this.bijector = squash;
    this.#initialScale = options.initialScale ?? 1;
  }

  given(observations: tf.Tensor): SquashedDistribution {
    const dim = this.actionDim;
    const below = (dim * (dim - 1)) / 2;
    const [loc, raw, offDiagonal] = tf.split(
      this.network.apply(this.checked(observations)),
      below > 0 ? [dim, dim, below] : [dim, dim],
      1,
    );
    const logDiagonal = boundedLogScale(raw!, this.#initialScale);
    const latent = new MultivariateNormalTriL({ loc: loc!, logDiagonal, ...(offDiagonal && { offDiagonal }) });
    return new SquashedDistribution(latent, this.bijector);
  }
}
