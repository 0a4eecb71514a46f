import * as tf from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector.ts';
import { Identity } from '../bijectors/elementwise/identity.ts';
import type { LocationScale } from '../bijectors/layers/locationScale.ts';
import { MixtureSameFamily } from '../distributions/mixtureSameFamily.ts';
import { MultivariateNormalDiag } from '../distributions/multivariateNormalDiag.ts';
import { boundedLogScale } from '../nn/boundedLogScale.ts';
import { checkSquash } from './checkSquash.ts';
import type { GaussianPolicyOptions } from './gaussianPolicy.ts';
import { MixtureNetwork } from './mixtureNetwork.ts';
import { Policy } from './policy.ts';
import { behindHead, checkHead } from './policyHead.ts';
import { SquashedDistribution } from './squashedDistribution.ts';

/** Options of {@link MixturePolicy}. */
export interface MixturePolicyOptions extends GaussianPolicyOptions {
  readonly components?: number;
  /** The Gaussian's own map behind the mixture, with the observation as its context; none by default. */
  readonly head?: LocationScale | undefined;
  /**
   * The standard deviation of the components' means before training, as a share of that of the whole, 0.5 by default. With 0 they
   * begin together, and only the network's random weights, at observations other than 0, let them part.
   */
  readonly spread?: number;
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
 * a flow keeps several modes. With a head, action = squash(μ(o) + σ ⊙ u).
 *
 * Before training mean and variance are a Gaussian's, 0 and `initialScale`²: the means of the components are spread evenly about 0 in
 * each dimension, in an order of its own, and each component is as much narrower.
 *
 * Samples are not reparameterized in the weights unless `reparameterize` is set: the numbers are the same, and the gradients of
 * samples are those of the distributional transform, whose variance grows as components part.
 *
 * Bishop, "Mixture density networks", 1994.
 */
export class MixturePolicy extends Policy<Float32Array> {
  readonly observationDim: number;
  readonly actionDim: number;
  readonly head: LocationScale | undefined;
  readonly components: number;
  readonly network: MixtureNetwork;
  readonly bijector: Bijector;
  readonly #reparameterize: boolean;
  /** σₖ where the network's output is 0. */
  readonly #scale: number;

  /** @throws if `components` is not a positive integer, `spread` is not in [0, 1), or the head or the squash is of other sizes */
  constructor(options: MixturePolicyOptions) {
    super();
    const { observationDim, actionDim, squash = new Identity(), initialScale = 1, head } = options;
    checkHead('MixturePolicy', head, { dim: actionDim, contextDim: observationDim });
    checkSquash('MixturePolicy', squash, actionDim);
    this.observationDim = observationDim;
    this.actionDim = actionDim;
    this.network = new MixtureNetwork('MixturePolicy', options);
    this.components = this.network.components;
    this.head = head;
    this.bijector = squash;
    this.#reparameterize = options.reparameterize ?? false;
    const { spread } = this.network;
    this.#scale = initialScale * Math.sqrt(1 - spread * spread);
  }

  /** All but the head's, where there is one: they shape the noise, which the head moves and stretches. */
  override shapeVariables(): tf.Variable[] {
    return this.head === undefined ? [] : this.network.trainableVariables();
  }

  given(observations: tf.Tensor): SquashedDistribution {
    const seen = this.checked(observations);
    const { logits, components } = this.#noiseAt(seen);
    return new SquashedDistribution(behindHead(this.#mixture(logits, components), this.head, seen), this.bijector);
  }

  /**
   * What {@link given} squashes, as one mixture of Gaussians: with a head, μ(o) + σ ⊙ u of such a u has the means and scales that the
   * head moves and stretches. The same distribution, in other roundings.
   */
  latentGiven(observations: tf.Tensor): MixtureSameFamily {
    const seen = this.checked(observations);
    const { logits, components } = this.#noiseAt(seen);
    if (this.head === undefined) return this.#mixture(logits, components);
    // [batch, 1, dim], or [dim], beside components [batch, K, dim].
    const { shift, logScale } = this.head.parametersAt(seen);
    const [by, logFactor] = [shift, logScale].map((each) => (each.rank === 2 ? tf.expandDims(each, 1) : each));
    const loc = tf.add(by!, tf.mul(tf.exp(logFactor!), components.loc));
    return this.#mixture(
      logits,
      new MultivariateNormalDiag({ loc, logScale: tf.add(logFactor!, components.logScale) }),
    );
  }

  /** u before the head. */
  #noiseAt(seen: tf.Tensor): { logits: tf.Tensor; components: MultivariateNormalDiag } {
    const { logits, means, logScales } = this.network.parametersAt(seen);
    const components = new MultivariateNormalDiag({ loc: means, logScale: boundedLogScale(logScales, this.#scale) });
    return { logits, components };
  }

  #mixture(logits: tf.Tensor, components: MultivariateNormalDiag): MixtureSameFamily {
    return new MixtureSameFamily({ reparameterize: this.#reparameterize, logits, components });
  }
}
