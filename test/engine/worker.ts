import * as tf from '@tensorflow/tfjs-core';
import { compile } from '../../src/engine/compile.ts';
import { Adam } from '../../src/engine/optimizers.ts';
import { valueAndGradients } from '../../src/engine/valueAndGradients.ts';
import { Rng } from '../../src/random.ts';
import { Net } from './support.ts';

/** Trains a small net with noise for some steps; returns the losses. */
export function trainWithNoise(seed: number, steps: number): number[] {
  const net = new Net([2, 8, 1], seed);
  const optimizer = new Adam(net.variables());
  const step = compile(
    ({ learningRate }: { learningRate: tf.Tensor }, rng) => {
      const { loss, gradients } = valueAndGradients(() => {
        const x = rng.normalTensor([16, 2]);
        return { loss: tf.mean(tf.square(tf.sub(net.apply(x), tf.sum(x, 1, true)))) };
      }, net.variables());
      optimizer.update(gradients, learningRate);
      return { loss };
    },
    { name: 'worker', state: [net, optimizer] },
  );
  const rng = new Rng(seed);
  return Array.from({ length: steps }, () => tf.tidy(() => step({ learningRate: 0.01 }, rng).loss.dataSync()[0]!));
}
