import * as tf from '@tensorflow/tfjs-core';
import { type Bijector, sumLogDet } from '../bijectors/bijector.ts';
import { Identity } from '../bijectors/elementwise.ts';
import { MixtureSameFamily } from '../distributions/mixtureSameFamily.ts';
import { MultivariateNormalDiag } from '../distributions/multivariateNormal.ts';
import { positiveInteger } from '../nn/sizes.ts';
import { boundedLogScale } from '../nn/tensors.ts';
import { checkSquash } from './boxScale.ts';
import { MixtureNetwork, type MixturePolicyOptions } from './mixturePolicy.ts';
import { type ActionDistribution, Policy, type SampledAction } from './policy.ts';

/** Options of {@link AutoregressiveMixturePolicy}. */
export interface AutoregressiveMixturePolicyOptions extends Omit<MixturePolicyOptions, 'head'> {
  /** How many neighbouring numbers one mixture is of; 1 by default. The last block has those that are left. */
  readonly block?: number;
  /** Whether blocks are independent given the observation; by default each depends on those before it. */
  readonly independent?: boolean;
}

/**
 * The numbers of an action in blocks b₁ … bₙ, each a mixture of K Gaussians given the blocks before it:
 *
 *   p(u | o) = Πᵢ Σₖ wᵢₖ N(bᵢ; μᵢₖ, diag(σᵢₖ²)),   w, μ, σ a network's, for each block its own, of o and b₁ … bᵢ₋₁
 *
 * and action = squash(u). Modes may multiply from block to block, up to Kⁿ, where a {@link MixturePolicy} of K components has K. With
 * `independent` the networks see o alone, and u has a product of mixtures.
 *
 * Log-probabilities are exact. Samples are found block by block, and are reparameterized where the option says so, as the mixture's. Before
 * training each number has mean 0 and deviation `initialScale`.
 *
 * Uria, Murray & Larochelle, "RNADE: The real-valued neural autoregressive density-estimator", arXiv:1306.0186, where the networks share
 * weights.
 */
export class AutoregressiveMixturePolicy extends Policy<Float32Array> {
  readonly featureDim: number;
  readonly actionDim: number;
  readonly networks: readonly MixtureNetwork[];
  readonly bijector: Bijector;
  readonly #reparameterize: boolean;
  readonly #independent: boolean;
  /** How many numbers each block has. */
  readonly #sizes: readonly number[];
  /** σ where a network's output is 0. */
  readonly #scale: number;

  /** @throws if `components` or `block` is no positive integer, `spread` is not in [0, 1), or the squash is of another size */
  constructor(options: AutoregressiveMixturePolicyOptions) {
    super();
    const { observationDim, actionDim, squash = new Identity(), initialScale = 1, rng } = options;
    const { reparameterize = false, independent = false } = options;
    const block = positiveInteger('AutoregressiveMixturePolicy', 'block', options.block ?? 1);
    checkSquash('AutoregressiveMixturePolicy', squash, actionDim);
    this.featureDim = observationDim;
    this.actionDim = actionDim;
    this.bijector = squash;
    this.#reparameterize = reparameterize;
    this.#independent = independent;
    this.#sizes = Array.from({ length: Math.ceil(actionDim / block) }, (_, i) =>
      Math.min(block, actionDim - i * block),
    );
    this.networks = this.#sizes.map(
      (size, i) =>
        new MixtureNetwork('AutoregressiveMixturePolicy', {
          ...options,
          observationDim: observationDim + (independent ? 0 : i * block),
          actionDim: size,
          rng: rng.split(i),
        }),
    );
    const { spread } = this.networks[0]!;
    this.#scale = initialScale * Math.sqrt(1 - spread * spread);
  }

  protected distribution(features: tf.Tensor): ActionDistribution {
    const { bijector } = this;
    const squashLogDet = (latent: tf.Tensor) => sumLogDet(bijector.forwardLogDet(latent), bijector.eventNdims, 1);
    return {
      reparameterized: this.#reparameterize,
      sampleWithLogProb: (rng): SampledAction => {
        const { latent, logProb } = this.#along(features, (mixture) => mixture.sample(rng));
        return { action: bijector.forward(latent), latent, logProb: tf.sub(logProb, squashLogDet(latent)) };
      },
      logProb: (latent) => {
        const blocks = tf.split(latent, [...this.#sizes], 1);
        const { logProb } = this.#along(features, (_, i) => blocks[i]!);
        return tf.sub(logProb, squashLogDet(latent));
      },
      squash: (latent) => bijector.forward(latent),
      squashLogDet,
      unsquash: (action) => bijector.inverse(action),
    };
  }

  /**
   * The latent value whose blocks are found one after the other, and its log-density.
   * @param next block i, `[batch, size]`, of which the mixture is the distribution given those before it
   */
  #along(
    features: tf.Tensor,
    next: (mixture: MixtureSameFamily, i: number) => tf.Tensor,
  ): { latent: tf.Tensor; logProb: tf.Tensor } {
    const blocks: tf.Tensor[] = [];
    const logProbs = this.networks.map((network, i) => {
      const seen = this.#independent || i === 0 ? features : tf.concat([features, ...blocks], 1);
      const { logits, means, logScales } = network.parametersAt(seen);
      const components = new MultivariateNormalDiag({
        loc: means,
        logScale: boundedLogScale(logScales, this.#scale),
      });
      const mixture = new MixtureSameFamily({ logits, components, reparameterize: this.#reparameterize });
      blocks.push(next(mixture, i));
      return mixture.logProb(blocks[i]!);
    });
    return { latent: blocks.length === 1 ? blocks[0]! : tf.concat(blocks, 1), logProb: tf.addN(logProbs) };
  }
}
