import * as tf from '@tensorflow/tfjs-core';
import { Categorical } from '../distributions/categorical.ts';
import { Mlp } from '../nn/mlp.ts';
import { positiveInteger } from '../nn/sizes.ts';
import { stopGradient } from '../nn/tensors.ts';
import { portableMath } from '../portableMath.ts';
import type { Rng } from '../random.ts';
import type { BoxSpace } from '../spaces/plain.ts';
import { boundedBox } from './gaussianPolicy.ts';
import { type ActionDistribution, type NetworkPolicyOptions, Policy, type SampledAction } from './policy.ts';

/** The largest finite float32. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** Options of {@link AutoregressiveCategoricalPolicy}. */
export interface AutoregressiveCategoricalPolicyOptions extends NetworkPolicyOptions {
  /** Bounded: the bins divide it. */
  readonly actionSpace: BoxSpace;
  /** The number of bins of equal width, in each dimension; 11 by default. */
  readonly bins?: number;
  /** Gain of the last layers: small, so that actions are about uniform at first. */
  readonly outputScale?: number;
}

/**
 * Each number of an action in one of `bins` equal bins of its bounds, and uniform within the bin:
 * π(a | o) = Πᵢ P(kᵢ | o, k₁ … kᵢ₋₁) / widthᵢ, with a network for each number, that sees the observation and which bins the
 * numbers before are in. Any shape that the bins resolve, correlations and modes included.
 *
 * The log-probability is exact, below float32's range outside the bounds. Samples are found number by number, and are not
 * reparameterized.
 *
 * Metz et al., "Discrete Sequential Prediction of Continuous Actions for Deep RL", arXiv:1705.05035.
 */
export class AutoregressiveCategoricalPolicy extends Policy<Float32Array> {
  readonly featureDim: number;
  readonly actionDim: number;
  override readonly boundedActions: BoxSpace;
  readonly bins: number;
  readonly networks: readonly Mlp[];
  readonly #bounds: readonly { readonly low: number; readonly high: number }[];

  /** @throws if an action has no finite bounds low < high, or there are fewer than 2 bins */
  constructor(options: AutoregressiveCategoricalPolicyOptions) {
    super();
    const { observationDim, bins = 11, hidden = [64, 64], activation = 'tanh', outputScale = 0.01, rng } = options;
    const box = boundedBox('AutoregressiveCategoricalPolicy', options.actionSpace);
    const { low, high } = box;
    if (positiveInteger('AutoregressiveCategoricalPolicy', 'number of bins', bins) < 2) {
      throw new Error('AutoregressiveCategoricalPolicy: got 1, expected at least 2 bins');
    }
    this.featureDim = observationDim;
    this.actionDim = low.length;
    this.boundedActions = box;
    this.bins = bins;
    this.#bounds = low.map((bound, i) => ({ low: bound, high: high[i]! }));
    this.networks = low.map(
      (_, i) =>
        new Mlp({
          inputDim: observationDim + i * bins,
          hidden,
          outputDim: bins,
          activation,
          outputScale,
          rng: rng.split(i),
        }),
    );
  }

  protected distribution(features: tf.Tensor): ActionDistribution {
    return {
      reparameterized: false,
      sampleWithLogProb: (rng) => this.#sampleAt(features, rng),
      logProb: (latent) => this.#along(features, (i) => tf.slice(latent, [0, i], [-1, 1])),
      squash: (latent) => latent,
      unsquash: (action) => action,
    };
  }

  /** The width of the bins of number i. */
  #width(i: number): number {
    const { low, high } = this.#bounds[i]!;
    return (high - low) / this.bins;
  }

  /** The bin that a number i lies in. */
  #binOf(number: tf.Tensor, i: number): tf.Tensor {
    const place = tf.div(tf.sub(number, this.#bounds[i]!.low), this.#width(i));
    return tf.clipByValue(tf.floor(place), 0, this.bins - 1);
  }

  #sampleAt(features: tf.Tensor, rng: Rng): SampledAction {
    const numbers: tf.Tensor[] = [];
    const logProb = this.#along(features, (i, choice) => {
      const bin = tf.expandDims(choice.sample(rng), 1);
      const within = rng.uniformTensor(bin.shape);
      const { low, high } = this.#bounds[i]!;
      const at = (place: tf.Tensor | number) =>
        tf.clipByValue(tf.add(tf.mul(tf.add(bin, place), this.#width(i)), low), low, high);
      // At its very end rounding would lead into the next bin, whose probability may be 0.
      const draw = () => tf.where(tf.equal(this.#binOf(at(within), i), bin), at(within), at(0.5));
      numbers.push(stopGradient(draw));
      return numbers[i]!;
    });
    const latent = numbers.length === 1 ? numbers[0]! : tf.concat(numbers, 1);
    return { action: latent, latent, logProb };
  }

  /**
   * The log-density of numbers that are found one after the other.
   * @param next number i, `[batch, 1]`, of which the categorical is the distribution of its bin
   */
  #along(features: tf.Tensor, next: (i: number, choice: Categorical) => tf.Tensor): tf.Tensor {
    const seen = [features];
    const logProbs: tf.Tensor[] = [];
    const outside: tf.Tensor[] = [];
    this.networks.forEach((network, i) => {
      const choice = new Categorical({ logits: network.apply(seen.length === 1 ? seen[0]! : tf.concat(seen, 1)) });
      const number = next(i, choice);
      const { low, high } = this.#bounds[i]!;
      const bin = stopGradient(() => this.#binOf(number, i));
      logProbs.push(tf.sub(choice.logProb(tf.squeeze(bin, [1])), portableMath.log(this.#width(i))));
      outside.push(
        stopGradient(() => tf.cast(tf.logicalOr(tf.less(number, low), tf.greater(number, high)), 'float32')),
      );
      seen.push(stopGradient(() => tf.cast(tf.equal(bin, tf.range(0, this.bins, 1, 'float32')), 'float32')));
    });
    const isOutside = stopGradient(() => tf.max(tf.concat(outside, 1), 1));
    return tf.sub(tf.addN(logProbs), tf.mul(isOutside, LARGEST));
  }
}
