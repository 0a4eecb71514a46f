import * as tf from '@tensorflow/tfjs-core';
import { Module } from '../module.ts';
import type { Activation } from '../nn/dense.ts';
import { Mlp, type MlpOptions } from '../nn/mlp.ts';
import type { Memory, RecurrentNetwork } from '../nn/recurrent.ts';
import type { Rng } from '../random.ts';
import type { BoxSpace } from '../spaces/plain.ts';
import { halfWidths, middles } from './boxScale.ts';
import type { ObservationEncoder } from './observationEncoder.ts';
import type { Past } from './policy.ts';

export interface CriticNetworksOptions {
  readonly observationDim: number;
  /** The policy's, where it has one: before the critics is one of the same form, which they share. */
  readonly encoder?: ObservationEncoder | undefined;
  /** The policy's, where it has one: likewise. */
  readonly memory?: Memory | undefined;
  /** Components with bounds, at most 2 · 10⁹ apart, are brought to [−1, 1] before the networks see them. */
  readonly actionSpace: Pick<BoxSpace, 'low' | 'high'>;
  /** What takes the place of these bounds; where there are none what actions of data are like, mean ± deviation. */
  readonly units?: { readonly low: readonly number[]; readonly high: readonly number[] } | undefined;
  /** Whether actions are angles, of which the networks see the cosine and the sine: values are then the same at both ends of the circle. */
  readonly angles?: boolean | undefined;
  /** N; 2 by default. */
  readonly critics?: number;
  readonly criticHidden: readonly number[];
  /** `relu` by default. */
  readonly criticActivation?: Activation;
  readonly criticLayerNorm?: boolean;
  readonly batchRenorm?: MlpOptions['batchRenorm'];
  readonly rng: Rng;
}

/**
 * N networks of an observation and an action, each with a start of its own. They are so many products of matrices, since one product of N
 * matrices side by side gains little: the time of the separate products was 0.95 to 1.19 of its time with 64 to 256 units and batches of
 * 256, mostly a tie.
 */
export class CriticNetworks extends Module {
  readonly networks: readonly Mlp[];
  /** Encodes observations with images; undefined where there are none. */
  readonly encoder: ObservationEncoder | undefined;
  /** Remembers what went before; undefined where the policy has no memory. */
  readonly memory: RecurrentNetwork | undefined;
  /** What of its options makes it again, beside the spaces and the policy, in JSON. */
  readonly about: Readonly<
    Required<Pick<CriticNetworksOptions, 'critics' | 'criticHidden' | 'criticActivation' | 'criticLayerNorm'>> &
      Pick<CriticNetworksOptions, 'units'>
  >;
  readonly #angles: boolean;
  readonly #center: number[];
  readonly #perHalfWidth: number[];

  /** @param outputDim how many numbers each network gives */
  constructor(options: CriticNetworksOptions, outputDim: number) {
    super();
    const { observationDim, actionSpace, units, angles = false, critics = 2, criticHidden: hidden, rng } = options;
    const { criticActivation: activation = 'relu', criticLayerNorm: layerNorm = false, batchRenorm } = options;
    const { low, high } = units ?? actionSpace;
    const size = low.length;
    this.about = {
      critics,
      criticHidden: hidden,
      criticActivation: activation,
      criticLayerNorm: layerNorm,
      ...(units && { units }),
    };
    this.#angles = angles;
    this.encoder = options.encoder?.another(rng.split('encoder'));
    this.memory = options.memory?.another(rng.split('memory'));
    const seen = this.memory?.units ?? this.encoder?.featureDim ?? observationDim;
    const inputDim = seen + (angles ? 2 * size : size);
    this.networks = Array.from(
      { length: critics },
      (_, i) =>
        new Mlp({ inputDim, hidden, outputDim, activation, layerNorm, batchRenorm, rng: rng.split(`q${i + 1}`) }),
    );
    this.#center = middles({ low, high });
    this.#perHalfWidth = halfWidths({ low, high }).map((half) => 1 / half);
  }

  /** What the memory makes of observations, `[steps · sequences, observationDim]`. @throws if there is none */
  remember(observations: tf.Tensor, past: Past) {
    return this.memory!.unroll({ ...past, inputs: this.encoder?.apply(observations) ?? observations });
  }

  /**
   * `[batch, observationDim]` and `[batch, actionDim]` → what each network gives, `[batch, outputDim]`.
   * @param past of networks with a memory what they know, as a policy's `unroll` takes it
   */
  protected outputs(observations: tf.Tensor, actions: tf.Tensor, past?: Past): tf.Tensor[] {
    const seen = past ? this.remember(observations, past).outputs : (this.encoder?.apply(observations) ?? observations);
    const inputs = tf.concat([seen, ...this.#features(actions)], 1);
    return this.networks.map((network) => network.apply(inputs));
  }

  /** Actions as the networks see them. */
  #features(actions: tf.Tensor): tf.Tensor[] {
    if (this.#angles) return [tf.cos(actions), tf.sin(actions)];
    return [tf.mul(tf.sub(actions, tf.tensor1d(this.#center)), tf.tensor1d(this.#perHalfWidth))];
  }
}

/** Independent networks Q₁(o, a), …, Q_N(o, a), each of one value. */
export class ActionCritics extends CriticNetworks {
  constructor(options: CriticNetworksOptions) {
    super(options, 1);
  }

  /** `[batch, observationDim]` and `[batch, actionDim]` → Q₁, …, Q_N, `[batch]` each. */
  of(observations: tf.Tensor, actions: tf.Tensor, past?: Past): tf.Tensor[] {
    return this.outputs(observations, actions, past).map((output) => tf.squeeze(output, [1]));
  }

  /** minᵢ Qᵢ, `[batch]` */
  least(observations: tf.Tensor, actions: tf.Tensor, past?: Past): tf.Tensor {
    return this.of(observations, actions, past).reduce((least, q) => tf.minimum(least, q));
  }
}
