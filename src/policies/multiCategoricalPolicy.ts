import * as tf from '@tensorflow/tfjs-core';
import { Categorical } from '../distributions/categorical.ts';
import type { Activation } from '../nn/activation.ts';
import { Mlp } from '../nn/mlp.ts';
import type { Rng } from '../random.ts';
import { maskedLogits, maskOf } from './maskedLogits.ts';
import { choicesOf, type MultiBinarySpace, type MultiDiscreteSpace } from './multiDiscreteSpace.ts';
import { type ActionDistribution, Policy, type SampledAction } from './policy.ts';

/** Options of {@link MultiCategoricalPolicy}. */
export interface MultiCategoricalPolicyOptions {
  /** Without the mask. */
  readonly observationDim: number;
  readonly actionSpace: MultiDiscreteSpace | MultiBinarySpace;
  /**
   * Whether Σ nvec numbers at the end of each observation say which choices are allowed, those of one entry after another's: the others
   * then have probability 0; false.
   */
  readonly actionMask?: boolean | undefined;
  /** Widths of the hidden layers. */
  readonly hidden?: readonly number[];
  readonly activation?: Activation | undefined;
  /** Gain of the last layer: small, so that choices are about equally probable at first. */
  readonly outputScale?: number;
  readonly rng: Rng;
}

/**
 * d discrete actions, independent of each other given the observation: π(a | o) = Πᵢ softmax(fᵢ(o)) at aᵢ − startᵢ, with one network
 * f of Σ nvec outputs. The latent value is the indices aᵢ − startᵢ; both are `[batch, d]`. An entry that is 0 or 1, as of a
 * `MultiBinary`, is a choice of two.
 *
 * Entropy and mode are exact: the sum of the entries' entropies, the most probable choice of each.
 */
export class MultiCategoricalPolicy extends Policy<Int32Array | Uint8Array> {
  readonly observationDim: number;
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
    this.observationDim = observationDim + this.maskDim;
    this.actionDim = nvec.length;
    this.discreteActions = actionSpace;
    this.#nvec = nvec;
    this.#start = start;
    this.network = new Mlp({ inputDim: observationDim, hidden, outputDim, activation, outputScale, rng });
  }

  given(observations: tf.Tensor): ActionDistribution {
    const logits = this.#perEntry(this.network.apply(this.checked(observations)));
    const masks = this.maskDim === 0 ? undefined : this.#perEntry(maskOf(observations, this.maskDim));
    const entries = logits.map(
      (each, i) => new Categorical({ logits: masks === undefined ? each : maskedLogits(each, masks[i]!) }),
    );
    return new SeveralDiscreteActions(entries, this.#start);
  }

  #perEntry(numbers: tf.Tensor): tf.Tensor[] {
    return this.#nvec.length === 1 ? [numbers] : tf.split(numbers, [...this.#nvec], 1);
  }
}

/** The actions startᵢ + kᵢ of independent categoricals kᵢ, side by side. */
class SeveralDiscreteActions implements ActionDistribution {
  readonly reparameterized = false;
  readonly #entries: readonly Categorical[];
  readonly #start: readonly number[];

  constructor(entries: readonly Categorical[], start: readonly number[]) {
    this.#entries = entries;
    this.#start = start;
  }

  sampleWithLogProb(rng: Rng): SampledAction {
    const drawn = this.#entries.map((entry) => entry.sampleWithLogProb(rng));
    const latent = this.#sideBySide(drawn.map(({ sample }) => sample));
    return { action: this.squash(latent), latent, logProb: tf.addN(drawn.map(({ logProb }) => logProb)) };
  }

  logProb(latent: tf.Tensor): tf.Tensor {
    return tf.addN(this.#entries.map((entry, i) => entry.logProb(tf.squeeze(tf.slice(latent, [0, i], [-1, 1]), [1]))));
  }

  squash(latent: tf.Tensor): tf.Tensor {
    return tf.add(latent, tf.tensor1d([...this.#start]));
  }

  unsquash(action: tf.Tensor): tf.Tensor {
    return tf.sub(action, tf.tensor1d([...this.#start]));
  }

  entropy(): tf.Tensor {
    return tf.addN(this.#entries.map((entry) => entry.entropy()));
  }

  mode(): tf.Tensor {
    return this.#sideBySide(this.#entries.map((entry) => entry.mode()));
  }

  #sideBySide(columns: readonly tf.Tensor[]): tf.Tensor {
    return tf.stack([...columns], 1);
  }
}
