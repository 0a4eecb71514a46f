import * as tf from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector.ts';
import type { LocationScale } from '../bijectors/conditioned.ts';
import { Identity } from '../bijectors/elementwise.ts';
import { MixtureSameFamily } from '../distributions/mixtureSameFamily.ts';
import { MultivariateNormalDiag } from '../distributions/multivariateNormal.ts';
import { orthogonal } from '../nn/initializers.ts';
import { Mlp } from '../nn/mlp.ts';
import { positiveInteger } from '../nn/sizes.ts';
import { boundedLogScale } from '../nn/tensors.ts';
import { portableMath } from '../portableMath.ts';
import type { Rng } from '../random.ts';
import { SquashedDistribution } from './actionDistributions.ts';
import { checkSquash } from './boxScale.ts';
import { behindHead, checkHead } from './flowPolicy.ts';
import type { SquashedPolicyOptions } from './gaussianPolicy.ts';
import { Policy } from './policy.ts';

/** Options of {@link MixturePolicy}. */
export interface MixturePolicyOptions extends SquashedPolicyOptions {
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
export class MixturePolicy extends Policy<Float32Array, SquashedDistribution> {
  readonly featureDim: number;
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
    this.featureDim = observationDim;
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

  protected distribution(features: tf.Tensor): SquashedDistribution {
    const { logits, components } = this.#noiseAt(features);
    return new SquashedDistribution(behindHead(this.#mixture(logits, components), this.head, features), this.bijector);
  }

  /**
   * What {@link given} squashes, as one mixture of Gaussians: with a head, μ(o) + σ ⊙ u of such a u has the means and scales that the
   * head moves and stretches. The same distribution, in other roundings.
   */
  latentGiven(observations: tf.Tensor): MixtureSameFamily {
    const seen = this.features(observations);
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
export class RelaxedMixturePolicy extends Policy<Float32Array, SquashedDistribution> {
  readonly featureDim: number;
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
      throw new Error(`RelaxedMixturePolicy: got ${temperature}, expected a positive temperature`);
    }
    this.featureDim = observationDim;
    this.actionDim = actionDim;
    // Narrower by its bias, so that a policy that was saved before there was a spread comes back as it was.
    this.network = new MixtureNetwork('RelaxedMixturePolicy', { ...options, narrower: true });
    this.components = this.network.components;
    this.bijector = squash;
    this.#initialScale = initialScale;
    this.#temperature = temperature;
    this.#noise = gumbelNoise(positiveInteger('RelaxedMixturePolicy', 'choices', choices), this.components);
  }

  protected distribution(features: tf.Tensor): SquashedDistribution {
    const { logits, means, logScales } = this.network.parametersAt(features);
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

/** Options of {@link MixtureNetwork}. */
export interface MixtureNetworkOptions extends Omit<MixturePolicyOptions, 'squash' | 'head' | 'reparameterize'> {
  /** Whether components begin so much narrower that the whole has the variance `initialScale`²; false by default. */
  readonly narrower?: boolean;
}

/**
 * From observations to the parameters of K Gaussians and their weights. The means begin spread evenly about 0 in each dimension, in
 * an order of its own.
 */
export class MixtureNetwork extends Mlp {
  readonly components: number;
  readonly actionDim: number;
  /** The standard deviation of the means at first, in units of `initialScale`: 0 with one component. */
  readonly spread: number;

  /**
   * @param owner whose network it is, as errors name it
   * @throws if `components` is no positive integer, or `spread` is not in [0, 1)
   */
  constructor(owner: string, options: MixtureNetworkOptions) {
    const { observationDim, actionDim, components = 2, hidden = [64, 64], activation = 'tanh', rng } = options;
    const { initialScale = 1, hiddenGain = 0.5, spread = 0.5, narrower = false } = options;
    positiveInteger(owner, 'components', components);
    if (!(spread >= 0 && spread < 1)) throw new Error(`${owner}: got ${spread}, expected a spread in [0, 1)`);
    super({
      inputDim: observationDim,
      hidden,
      outputDim: components * (1 + 2 * actionDim),
      activation,
      hiddenInitializer: orthogonal(hiddenGain),
      outputScale: 0.01,
      rng,
    });
    this.components = components;
    this.actionDim = actionDim;
    this.spread = components === 1 ? 0 : spread;
    if (this.spread === 0) return;
    const means = spreadEvenly(components, actionDim, rng.split('means')).map((mean) => mean * spread * initialScale);
    const logScale = narrower ? portableMath.log(1 - spread * spread) / 2 : 0;
    const { bias } = this.layers.at(-1)!;
    tf.tidy(() =>
      bias!.assign(tf.concat([tf.zeros([components]), tf.tensor1d(means), tf.fill([means.length], logScale)])),
    );
  }

  /** Logits `[batch, K]`, means and raw log-scales `[batch, K, actionDim]`. */
  parametersAt(observations: tf.Tensor): { logits: tf.Tensor; means: tf.Tensor; logScales: tf.Tensor } {
    const { components, actionDim } = this;
    const size = components * actionDim;
    const [logits, means, logScales] = tf.split(this.apply(observations), [components, size, size], 1);
    const each = (values: tf.Tensor): tf.Tensor => tf.reshape(values, [values.shape[0]!, components, actionDim]);
    return { logits: logits!, means: each(means!), logScales: each(logScales!) };
  }
}

/** In each of `dim` dimensions `count` numbers at equal distances, of mean 0 and variance 1, in a random order: `[count, dim]`. */
function spreadEvenly(count: number, dim: number, rng: Rng): Float32Array {
  const step = Math.sqrt(12 / (count * count - 1));
  const numbers = new Float32Array(count * dim);
  for (let d = 0; d < dim; d++) {
    rng.permutation(count).forEach((place, k) => {
      numbers[k * dim + d] = (place - (count - 1) / 2) * step;
    });
  }
  return numbers;
}
