import * as tf from '@tensorflow/tfjs-core';
import {
  type Bijector,
  Identity,
  MixtureSameFamily,
  MultivariateNormalDiag,
  Policy,
  SquashedDistribution,
} from '../../src/index.ts';

/** A policy over two numbers: the first is ½ (N(−m, 1) + N(m, 1)), m a multiple of the last number of the observation, the second N(0.5, 1). */
export class TwoModes extends Policy<Float32Array, SquashedDistribution> {
  readonly featureDim: number;
  readonly actionDim = 2;
  readonly #gain: number;
  readonly #squash: Bijector;

  constructor(featureDim: number, { gain = 1, squash = new Identity() }: { gain?: number; squash?: Bijector } = {}) {
    super();
    this.featureDim = featureDim;
    this.#gain = gain;
    this.#squash = squash;
  }

  protected distribution(features: tf.Tensor): SquashedDistribution {
    const rows = features.shape[0]!;
    const last = tf.slice(features, [0, this.featureDim - 1], [-1, 1]);
    const m = tf.reshape(tf.mul(last, this.#gain), [rows, 1, 1]);
    const loc = tf.concat([tf.concat([m, tf.neg(m)], 1), tf.fill([rows, 2, 1], 0.5)], 2);
    const components = new MultivariateNormalDiag({ loc, logScale: tf.zerosLike(loc) });
    return new SquashedDistribution(new MixtureSameFamily({ logits: tf.zeros([rows, 2]), components }), this.#squash);
  }
}
