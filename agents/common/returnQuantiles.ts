import * as tf from '@tensorflow/tfjs-core';
import { splineQuantileParameters, splineQuantiles } from '../../src/distributions/splineQuantiles.ts';
import { midpointFractions } from '../../src/index.ts';
import { CriticNetworks, type CriticNetworksOptions } from '../../src/policies/criticNetworks.ts';
import type { CriticLoss } from './actionValues.ts';
import { quantileHuber } from './quantileHuber.ts';
import { tdErrors } from './tdErrors.ts';
import { weightedRows } from './weightedRows.ts';

export interface ReturnQuantilesOptions extends CriticNetworksOptions {
  /** M, how many quantiles each network gives. */
  readonly quantiles: number;
  /** What the quantiles are: numbers of the network's, or values of a spline that has it for its parameters. */
  readonly quantileFunction: 'free' | 'spline';
  /** Bins of the spline. */
  readonly bins: number;
}

/** What quantiles are to become: a distribution of the return for each row. */
export interface ReturnTargets {
  /** y, its atoms, `[batch, m]`. */
  readonly atoms: tf.Tensor;
  /** p, their masses, `[batch, m]`. */
  readonly masses: tf.Tensor;
}

/**
 * Independent networks that each give M quantiles θᵢ(o, a) of the return, at the midpoints τ̂ᵢ = (i − ½)/M: free numbers, which may cross, or
 * values of one monotone spline, which do not: see `splineQuantiles`.
 */
export class ReturnQuantiles extends CriticNetworks {
  readonly #quantiles: number;
  /** How many bins the spline has; undefined where quantiles are free. */
  readonly #bins: number | undefined;

  constructor(options: ReturnQuantilesOptions) {
    const bins = options.quantileFunction === 'spline' ? options.bins : undefined;
    super(options, bins === undefined ? options.quantiles : splineQuantileParameters(bins));
    this.#quantiles = options.quantiles;
    this.#bins = bins;
  }

  /** `[batch, observationDim]` and `[batch, actionDim]` → θ of each network, `[batch, M]`. */
  of(observations: tf.Tensor, actions: tf.Tensor): tf.Tensor[] {
    const outputs = this.outputs(observations, actions);
    const bins = this.#bins;
    return bins === undefined ? outputs : outputs.map((output) => splineQuantiles(output, bins, this.#quantiles));
  }

  /** The quantiles of all networks side by side, `[batch, N·M]`. */
  all(observations: tf.Tensor, actions: tf.Tensor): tf.Tensor {
    return tf.concat(this.of(observations, actions), 1);
  }

  /** Their mean, `[batch]`. */
  mean(observations: tf.Tensor, actions: tf.Tensor): tf.Tensor {
    return tf.mean(this.all(observations, actions), 1);
  }

  /**
   * Σ over the networks of E[w (1/M) Σᵢ Lᵢ], L the loss of quantile regression; values are means, of quantiles (1/M) Σᵢ θᵢ, of targets Σⱼ pⱼ yⱼ.
   * @param weights w, `[batch]`; all are 1 unless they are given
   */
  loss(observations: tf.Tensor, actions: tf.Tensor, { atoms, masses }: ReturnTargets, weights?: tf.Tensor): CriticLoss {
    const fractions = tf.tensor1d(midpointFractions(this.#quantiles));
    const each = this.of(observations, actions);
    const losses = each.map((quantiles) => {
      const ofQuantiles = quantileHuber({ quantiles, fractions, targets: atoms, weights: masses });
      return tf.mean(weightedRows(ofQuantiles, weights));
    });
    const errors = () =>
      tdErrors(
        each.map((quantiles) => tf.mean(quantiles, 1)),
        tf.sum(tf.mul(masses, atoms), 1),
      );
    return {
      loss: losses.reduce((sum, loss) => tf.add(sum, loss)),
      actionValue: tf.mean(each[0]!),
      ...(weights && { errors: errors() }),
    };
  }
}
