import * as tf from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector.ts';
import { Identity } from '../bijectors/elementwise/identity.ts';
import { MixtureSameFamily } from '../distributions/mixtureSameFamily.ts';
import { MultivariateNormalDiag } from '../distributions/multivariateNormalDiag.ts';
import { boundedLogScale } from '../nn/boundedLogScale.ts';
import { positiveInteger } from '../nn/positiveInteger.ts';
import { portableMath } from '../portableMath.ts';
import { checkSquash } from './checkSquash.ts';
import { MixtureNetwork } from './mixtureNetwork.ts';
import type { MixturePolicy, MixturePolicyOptions } from './mixturePolicy.ts';
import { Policy } from './policy.ts';
import { SquashedDistribution } from './squashedDistribution.ts';

/** Options of {@link RelaxedMixturePolicy}. */
export interface RelaxedMixturePolicyOptions extends Omit<MixturePolicyOptions, 'reparameterize' | 'head'> {
  /** The temperature of the softmax, 0.1 by default. The smaller it is, the fewer samples lie between the components, and the larger their gradients. */
  readonly temperature?: number;
  /** How many values the Gumbel noise takes, 32 by default. */
  readonly choices?: number;
}

/**
 * Gumbel-softmax mixture of Gaussians: u = Σₖ yₖ (μₖ(o) + σₖ(o) ε), y = softmax((logits(o) + g) / T), action = squash(u): a sample
 * is a smooth function of all parameters, the weights too.
 *
 * With continuous Gumbel noise g the density of u has no closed form. Here g takes `choices` values, evenly spread and equally
 * probable, g⁽ᵐ⁾. Given m, u is Gaussian, so that the density is exact, and that of what is sampled:
 * p(u) = 1/M Σₘ N(u; Σₖ yₖ⁽ᵐ⁾ μₖ, diag (Σₖ yₖ⁽ᵐ⁾ σₖ)²). As M grows it becomes the relaxed mixture. What the relaxation costs shows in it: samples between
 * the components. Of two of equal weight, a share tanh(1.1 T) of the samples has more than a tenth of either.
 *
 * Components start apart, as {@link MixturePolicy}'s do, and mean and variance are a Gaussian's but for the relaxation and the few
 * values of the noise: at the defaults, with up to 8 components, the mean is within 0.13 of 0 and the standard deviation within 4 % of
 * 1, in units of `initialScale`.
 *
 * Maddison, Mnih & Teh, "The Concrete Distribution", arXiv:1611.00712; Jang, Gu & Poole, arXiv:1611.01144.
 */
export class RelaxedMixturePolicy extends Policy<Float32Array> {
  readonly observationDim: number;
  readonly actionDim: number;
  readonly components: number;
  readonly network: MixtureNetwork;
  readonly bijector: Bijector;
  readonly #initialScale: number;
  readonly #temperature: number;
  /** `[choices, components]` */
  readonly #noise: readonly (readonly number[])[];

  /** @throws if `components` or `choices` is no positive integer, the temperature not positive, `spread` not in [0, 1), or the squash of another size */
  constructor(options: RelaxedMixturePolicyOptions) {
    super();
    const { observationDim, actionDim, squash = new Identity(), initialScale = 1 } = options;
    const { temperature = 0.1, choices = 32 } = options;
    checkSquash('RelaxedMixturePolicy', squash, actionDim);
    if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY)) {
      throw new Error(`RelaxedMixturePolicy: wanted a positive temperature, got ${temperature}`);
    }
    this.observationDim = observationDim;
    this.actionDim = actionDim;
    // Narrower by its bias, so that a policy that was saved before there was a spread comes back as it was.
    this.network = new MixtureNetwork('RelaxedMixturePolicy', { ...options, narrower: true });
    this.components = this.network.components;
    this.bijector = squash;
    this.#initialScale = initialScale;
    this.#temperature = temperature;
    this.#noise = gumbelNoise(positiveInteger('RelaxedMixturePolicy', 'choices', choices), this.components);
  }

  given(observations: tf.Tensor): SquashedDistribution {
    const { logits, means, logScales } = this.network.parametersAt(this.checked(observations));
    // [batch, choices, components]
    const shares = tf.softmax(
      tf.mul(
        tf.add(tf.expandDims(logits, 1), tf.tensor2d(this.#noise.flat(), [this.#noise.length, this.components])),
        1 / this.#temperature,
      ),
    );
    const deviations = tf.exp(boundedLogScale(logScales, this.#initialScale));
    const latent = new MixtureSameFamily({
      components: new MultivariateNormalDiag({
        loc: tf.matMul(shares, means),
        logScale: tf.log(tf.matMul(shares, deviations)),
      }),
    });
    return new SquashedDistribution(latent, this.bijector);
  }
}

/**
 * −log(−log u) of `count` points that are spread evenly over the unit cube: a Kronecker sequence, whose step in dimension k is the
 * power −(k+1) of the root of x^(dim+1) = x + 1.
 */
function gumbelNoise(count: number, dim: number): number[][] {
  let root = 2;
  for (let i = 0; i < 64; i++) root = portableMath.exp(portableMath.log(1 + root) / (dim + 1));
  let step = 1;
  const steps = Array.from({ length: dim }, () => {
    step /= root;
    return step;
  });
  return Array.from({ length: count }, (_, m) =>
    steps.map((of) => -portableMath.log(-portableMath.log((0.5 + (m + 1) * of) % 1))),
  );
}
