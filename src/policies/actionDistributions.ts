import * as tf from '@tensorflow/tfjs-core';
import { type Bijector, sumLogDet } from '../bijectors/bijector.ts';
import { Identity } from '../bijectors/elementwise.ts';
import { ShiftScale } from '../bijectors/shiftScale.ts';
import { Categorical } from '../distributions/categorical.ts';
import { Distribution } from '../distributions/distribution.ts';
import { MultivariateNormal } from '../distributions/multivariateNormal.ts';
import { impossibleOutside } from '../distributions/support.ts';
import type { Rng } from '../random.ts';
import type { ActionDistribution, ActionSample, Policy, SampledAction } from './policy.ts';

/**
 * The action g(u) of a latent u ~ `latent`, for a squash g: log π(g(u)) = log p(u) − log|det ∂g/∂u|. Everything is
 * evaluated at the latent value: an action at its bound never has to be inverted.
 */
export class SquashedDistribution implements ActionDistribution {
  readonly latent: Distribution;
  readonly bijector: Bijector;
  readonly reparameterized: boolean;
  readonly angles: boolean;
  /** Where the squash is affine, or the identity, and the latent's entropy is known in closed form. */
  readonly entropy?: () => tf.Tensor;
  /** Where the latent's mode is known in closed form. */
  readonly mode?: () => tf.Tensor;
  readonly modeLogProb?: () => tf.Tensor;
  /** Of a Gaussian latent: μ + √T (u − μ) of its samples u. */
  readonly sampleTempered?: (rng: Rng, temperature: number) => tf.Tensor;

  constructor(
    latent: Distribution,
    bijector: Bijector,
    {
      angles = false,
    }: {
      /** whether latent values are angles */
      angles?: boolean;
    } = {},
  ) {
    this.latent = latent;
    this.bijector = bijector;
    this.reparameterized = latent.reparameterized;
    this.angles = angles;
    const hasEntropy = latent.entropy !== Distribution.prototype.entropy;
    if (bijector instanceof Identity && hasEntropy) this.entropy = () => latent.entropy();
    if (bijector instanceof ShiftScale && hasEntropy) {
      // Its determinant is the same everywhere.
      this.entropy = () =>
        tf.add(latent.entropy(), this.squashLogDet(tf.zeros([...latent.batchShape, ...latent.eventShape])));
    }
    if (latent.hasMode) {
      this.mode = () => latent.mode();
      this.modeLogProb = () => latent.modeLogProb();
    }
    if (latent instanceof MultivariateNormal) {
      this.sampleTempered = (rng, temperature) => {
        const mean = latent.mean();
        return tf.add(mean, tf.mul(tf.sub(latent.sample(rng), mean), Math.sqrt(temperature)));
      };
    }
  }

  sampleWithLogProb(rng: Rng): SampledAction {
    const { sample, logProb } = this.latent.sampleWithLogProb(rng);
    const [action, logDet] = this.bijector.forwardAndLogDet(sample);
    return { action, latent: sample, logProb: tf.sub(logProb, sumLogDet(logDet, this.bijector.eventNdims, 1)) };
  }

  logProb(latent: tf.Tensor): tf.Tensor {
    return tf.sub(this.latent.logProb(latent), this.squashLogDet(latent));
  }

  squashLogDet(latent: tf.Tensor): tf.Tensor {
    return sumLogDet(this.bijector.forwardLogDet(latent), this.bijector.eventNdims, 1);
  }

  squash(latent: tf.Tensor): tf.Tensor {
    return this.bijector.forward(latent);
  }

  unsquash(action: tf.Tensor): tf.Tensor {
    return this.bijector.inverse(action);
  }
}

/** The actions start + k of a categorical k, as columns `[batch, 1]`; the latent value is k. */
export class DiscreteActions implements ActionDistribution {
  readonly reparameterized = false;
  readonly #index: Categorical;
  readonly #start: number;

  constructor(index: Categorical, start: number) {
    this.#index = index;
    this.#start = start;
  }

  sampleWithLogProb(rng: Rng): SampledAction {
    const { sample, logProb } = this.#index.sampleWithLogProb(rng);
    const latent = tf.expandDims(sample, 1);
    return { action: this.squash(latent), latent, logProb };
  }

  logProb(latent: tf.Tensor): tf.Tensor {
    return this.#index.logProb(tf.squeeze(latent, [1]));
  }

  squash(latent: tf.Tensor): tf.Tensor {
    return tf.add(latent, this.#start);
  }

  unsquash(action: tf.Tensor): tf.Tensor {
    return tf.sub(action, this.#start);
  }

  entropy(): tf.Tensor {
    return this.#index.entropy();
  }

  mode(): tf.Tensor {
    return tf.expandDims(this.#index.mode(), 1);
  }

  sampleTempered(rng: Rng, temperature: number): tf.Tensor {
    return tf.expandDims(temperedChoice(this.#index, temperature).sample(rng), 1);
  }
}

/** P(k)^(1/T), normalized: softmax(logits / T). */
export function temperedChoice({ logits }: Categorical, temperature: number): Categorical {
  // A choice that is not allowed has the logit −∞, and keeps it.
  return new Categorical({ logits: tf.div(logits, temperature) });
}

/** What {@link ActionSamples} are made of; as those of {@link ActionDistribution}. */
export interface ActionSamplesOptions
  extends Pick<ActionDistribution, 'reparameterized' | 'angles' | 'squash' | 'squashLogDet' | 'unsquash'> {
  /** Whose they are, as errors name it: `ImplicitPolicy`. */
  readonly owner: string;
  /** One latent value for each observation, `[batch, actionDim]`. */
  readonly draw: (rng: Rng) => tf.Tensor;
}

/** π(· | observations) of a policy that has samples and no density: whoever asks for a log-probability gets an error that says so. */
export class ActionSamples implements ActionDistribution {
  readonly reparameterized: boolean;
  readonly angles: boolean;
  readonly squash: (latent: tf.Tensor) => tf.Tensor;
  readonly squashLogDet?: (latent: tf.Tensor) => tf.Tensor;
  readonly unsquash: (action: tf.Tensor) => tf.Tensor;
  readonly #options: ActionSamplesOptions;

  constructor(options: ActionSamplesOptions) {
    this.#options = options;
    this.reparameterized = options.reparameterized;
    this.angles = options.angles ?? false;
    this.squash = options.squash;
    if (options.squashLogDet !== undefined) this.squashLogDet = options.squashLogDet;
    this.unsquash = options.unsquash;
  }

  sample(rng: Rng): ActionSample {
    const latent = this.#options.draw(rng);
    return { action: this.squash(latent), latent };
  }

  sampleWithLogProb(): never {
    throw new Error(`${this.#options.owner}: sampleWithLogProb: it has samples and no density, take sample`);
  }

  logProb(): never {
    throw new Error(`${this.#options.owner}: logProb: it has samples and no density`);
  }
}

/** How near, relative to 1 + |a|, an action that a squash reaches is to what its latent value is squashed to. */
const NEAR = 1e-6;

/**
 * π(· | observation) of one observation as a distribution over actions, `[actionDim]`, for what analyses distributions: `modes`,
 * `momentsEstimate` and their like. It follows the policy's variables. Outside of what the policy's squash reaches, as beyond the bounds
 * of a `boxSquash`, the log-density is −∞. Of a policy that has samples only, and `exact`, it is what that gives.
 *
 * @throws if the observation does not have the policy's size, or the policy has samples and no density
 */
export function actionDensity(policy: Policy, observation: ArrayLike<number>): Distribution {
  if (observation.length !== policy.observationDim) {
    throw new Error(
      `actionDensity: got ${observation.length}, expected an observation of ${policy.observationDim} numbers`,
    );
  }
  return new ActionDensity(withDensity('actionDensity', policy), Array.from(observation));
}

class ActionDensity extends Distribution {
  readonly batchShape: number[] = [];
  readonly eventShape: number[];
  readonly reparameterized: boolean;
  override readonly state: readonly [Policy];
  override readonly angles: boolean;
  readonly #policy: Policy;
  readonly #observation: number[];

  constructor(policy: Policy, observation: number[]) {
    super();
    this.#policy = policy;
    this.state = [policy];
    this.#observation = observation;
    this.eventShape = [policy.actionDim];
    const { reparameterized, angles } = tf.tidy(() => {
      const given = this.#given(1);
      return { reparameterized: given.reparameterized, angles: given.angles ?? false };
    });
    this.reparameterized = reparameterized;
    this.angles = angles;
  }

  protected computeSample(rng: Rng, sampleShape: number[]): tf.Tensor {
    return tf.tidy(() => {
      const { action } = this.#given(tf.util.sizeFromShape(sampleShape)).sampleWithLogProb(rng);
      return tf.reshape(action, [...sampleShape, ...this.eventShape]);
    });
  }

  protected computeLogProb(x: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      const actions = tf.reshape(x, [-1, this.#policy.actionDim]);
      const distribution = this.#given(actions.shape[0]!);
      const latents = distribution.unsquash(actions);
      const logProb = distribution.logProb(latents);
      const isSmooth = distribution.squashLogDet !== undefined && !this.angles;
      const bounded = isSmooth
        ? impossibleOutside(() => reaches(distribution.squash(latents), actions), logProb)
        : logProb;
      return tf.reshape(bounded, x.shape.slice(0, -1));
    });
  }

  #given(rows: number) {
    return this.#policy.given(tf.tile(tf.tensor2d([this.#observation]), [rows, 1]));
  }
}

/** Whether actions are what their latent values, which a squash's inverse clamps, are squashed to, `[rows]`. */
function reaches(squashed: tf.Tensor, actions: tf.Tensor): tf.Tensor {
  const apart = tf.abs(tf.sub(squashed, actions));
  return tf.all(tf.lessEqual(apart, tf.mul(tf.add(tf.abs(actions), 1), NEAR)), 1);
}

/** Whether a policy's distributions have log-probabilities, and not samples alone. */
export function hasDensity(policy: Policy): boolean {
  return tf.tidy(() => policy.given(tf.zeros([1, policy.observationDim])).sample === undefined);
}

/**
 * The policy as one that has a density: itself, or what its `exact` gives, over the same variables.
 * @param owner who asks, as errors name it: `actionDensity`
 * @throws if it has samples and no way to a density
 */
export function withDensity(owner: string, policy: Policy): Policy {
  const found = policy.exact?.() ?? policy;
  if (hasDensity(found)) return found;
  const got = `got ${policy.constructor.name}, which has samples and no density`;
  throw new Error(`${owner}: policy: ${got}, expected one that has a density, as a Gaussian or a flow`);
}
