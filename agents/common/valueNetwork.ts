import * as tf from '@tensorflow/tfjs-core';
import { Mlp, Module, type Rng } from '../../src/index.ts';

/** V(o): a network of one output. */
export class ValueNetwork extends Module {
  readonly network: Mlp;

  constructor({ observationDim, hidden, rng }: { observationDim: number; hidden: readonly number[]; rng: Rng }) {
    super();
    this.network = new Mlp({ inputDim: observationDim, hidden, outputDim: 1, activation: 'tanh', outputScale: 1, rng });
  }

  /** `[batch, observationDim]` → `[batch]` */
  of(observations: tf.Tensor): tf.Tensor {
    return tf.squeeze(this.network.apply(observations), [1]);
  }
}
