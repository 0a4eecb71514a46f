import * as tf from '@tensorflow/tfjs-core';
import { Categorical } from '../distributions/categorical.ts';
import { Mlp } from '../nn/mlp.ts';
import { stopGradient } from '../nn/tensors.ts';
import { choicesOf, type DiscreteSpace, type MultiBinarySpace, type MultiDiscreteSpace } from '../spaces/plain.ts';
import { DiscreteActions, temperedChoice } from './actionDistributions.ts';
import { type ActionDistribution, maskOf, type NetworkPolicyOptions, Policy } from './policy.ts';

/** Options of {@link CategoricalPolicy}. */
export interface CategoricalPolicyOptions extends NetworkPolicyOptions {
  readonly actionSpace: DiscreteSpace;
  /** Whether n numbers at the end of each observation say which actions are allowed: the others then have probability 0; false. */
  readonly actionMask?: boolean | undefined;
  /** Gain of the last layer: small, so that actions are about equally probable, or of about the same value, at first. */
  readonly outputScale?: number;
}

/**
 * One of n discrete actions: P(start + k | o) = softmax(f(o))ₖ with a network f. The latent value is k, the index; both are
 * `[batch, 1]`.
 *
 * With an action mask the softmax is over the actions that are allowed.
 */
export class CategoricalPolicy extends Policy<number, DiscreteActions> {
  readonly featureDim: number;
  readonly actionDim = 1;
  override readonly discreteActions: DiscreteSpace;
  override readonly maskDim: number;
  readonly network: Mlp;

  constructor(options: CategoricalPolicyOptions) {
    super();
    const { observationDim, actionSpace, actionMask = false, hidden = [64, 64], rng } = options;
    const { activation = 'tanh', outputScale = 0.01 } = options;
    this.maskDim = actionMask ? actionSpace.n : 0;
    this.featureDim = observationDim;
    this.discreteActions = actionSpace;
    this.network = new Mlp({
      inputDim: observationDim,
      hidden,
      outputDim: actionSpace.n,
      activation,
      outputScale,
      rng,
    });
  }

  /** f(o), of all actions: `[batch, observationDim]` → `[batch, n]` */
  logits(observations: tf.Tensor): tf.Tensor {
    return this.network.apply(this.features(observations));
  }

  /** Logits or values of the actions, −∞ where the observations do not allow one: `[batch, n]` → the same. */
  masked(logits: tf.Tensor, observations: tf.Tensor): tf.Tensor {
    return this.maskDim === 0 ? logits : maskedLogits(logits, maskOf(observations, this.maskDim));
  }

  protected distribution(features: tf.Tensor, mask: tf.Tensor | undefined): DiscreteActions {
    const logits = this.network.apply(features);
    const allowed = mask === undefined ? logits : maskedLogits(logits, mask);
    return new DiscreteActions(new Categorical({ logits: allowed }), this.discreteActions.start);
  }
}

/** Options of {@link MultiCategoricalPolicy}. */
export interface MultiCategoricalPolicyOptions extends Omit<CategoricalPolicyOptions, 'actionSpace'> {
  /** With a mask Σ nvec numbers at the end of each observation say which choices are allowed, those of one entry after another's. */
  readonly actionSpace: MultiDiscreteSpace | MultiBinarySpace;
}

/**
 * d discrete actions, independent of each other given the observation: π(a | o) = Πᵢ softmax(fᵢ(o)) at aᵢ − startᵢ, with one network
 * f of Σ nvec outputs. The latent value is the indices aᵢ − startᵢ; both are `[batch, d]`. An entry that is 0 or 1, as of a
 * `MultiBinary`, is a choice of two.
 *
 * Entropy and mode are exact: the sum of the entries' entropies, the most probable choice of each.
 */
export class MultiCategoricalPolicy extends Policy<Int32Array | Uint8Array> {
  readonly featureDim: number;
  readonly actionDim: number;
  override readonly discreteActions: MultiDiscreteSpace | MultiBinarySpace;
  override readonly maskDim: number;
  readonly network: Mlp;
  readonly #nvec: readonly number[];
  readonly #start: readonly number[];

  constructor(options: MultiCategoricalPolicyOptions) {
    super();
    const { observationDim, actionSpace, actionMask = false, hidden = [64, 64], rng } = options;
    const { activation = 'tanh', outputScale = 0.01 } = options;
    const { nvec, start } = choicesOf(actionSpace);
    const outputDim = nvec.reduce((sum, n) => sum + n, 0);
    this.maskDim = actionMask ? outputDim : 0;
    this.featureDim = observationDim;
    this.actionDim = nvec.length;
    this.discreteActions = actionSpace;
    this.#nvec = nvec;
    this.#start = start;
    this.network = new Mlp({ inputDim: observationDim, hidden, outputDim, activation, outputScale, rng });
  }

  protected distribution(features: tf.Tensor, mask: tf.Tensor | undefined): ActionDistribution {
    const logits = this.#perEntry(this.network.apply(features));
    const masks = mask && this.#perEntry(mask);
    const entries = logits.map(
      (each, i) => new Categorical({ logits: masks === undefined ? each : maskedLogits(each, masks[i]!) }),
    );
    const start = () => tf.tensor1d([...this.#start]);
    const squash = (latent: tf.Tensor) => tf.add(latent, start());
    return {
      reparameterized: false,
      sampleWithLogProb(rng) {
        const drawn = entries.map((entry) => entry.sampleWithLogProb(rng));
        const latent = tf.stack(
          drawn.map(({ sample }) => sample),
          1,
        );
        return { action: squash(latent), latent, logProb: tf.addN(drawn.map(({ logProb }) => logProb)) };
      },
      logProb: (latent) =>
        tf.addN(entries.map((entry, i) => entry.logProb(tf.squeeze(tf.slice(latent, [0, i], [-1, 1]), [1])))),
      squash,
      unsquash: (action) => tf.sub(action, start()),
      entropy: () => tf.addN(entries.map((entry) => entry.entropy())),
      mode: () =>
        tf.stack(
          entries.map((entry) => entry.mode()),
          1,
        ),
      sampleTempered: (rng, temperature) =>
        tf.stack(
          entries.map((entry) => temperedChoice(entry, temperature).sample(rng)),
          1,
        ),
    };
  }

  #perEntry(numbers: tf.Tensor): tf.Tensor[] {
    return this.#nvec.length === 1 ? [numbers] : tf.split(numbers, [...this.#nvec], 1);
  }
}

/**
 * Logits that are −∞ where a choice is not allowed: its probability is exactly 0, and its logit has the gradient 0. A choice of which
 * nothing is allowed is left as it is, so that no probability is NaN.
 *
 * Huang and Ontañón, "A Closer Look at Invalid Action Masking in Policy Gradient Algorithms", arXiv:2006.14171.
 *
 * @param logits `[batch, n]`
 * @param mask `[batch, n]`, 1 where it is allowed, else 0
 */
export function maskedLogits(logits: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  const isAllowed = stopGradient(() => tf.greater(allowedChoices(mask), 0.5));
  return tf.where(isAllowed, logits, tf.fill(logits.shape, Number.NEGATIVE_INFINITY));
}

/** A mask as it counts, 1 for what is allowed and 0 else: one that allows nothing allows all. `[batch, n]` → the same. */
export function allowedChoices(mask: tf.Tensor): tf.Tensor {
  const isStuck = tf.cast(tf.less(tf.max(mask, 1, true), 0.5), 'float32');
  return tf.cast(tf.greater(tf.add(mask, isStuck), 0.5), 'float32');
}
