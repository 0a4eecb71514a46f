import * as tf from '@tensorflow/tfjs-core';
import { orthogonal } from '../nn/initializers.ts';
import { Mlp } from '../nn/mlp.ts';
import { positiveInteger } from '../nn/positiveInteger.ts';
import { portableMath } from '../portableMath.ts';
import type { MixturePolicyOptions } from './mixturePolicy.ts';
import { spreadEvenly } from './spreadEvenly.ts';

/** Options of {@link MixtureNetwork}. */
export interface MixtureNetworkOptions
  extends Omit<MixturePolicyOptions, 'squash' | 'scale' | 'head' | 'reparameterize'> {
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
    if (!(spread >= 0 && spread < 1)) throw new Error(`${owner}: wanted a spread in [0, 1), got ${spread}`);
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
