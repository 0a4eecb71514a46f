import * as tf from '@tensorflow/tfjs-core';
import { Adam, compile, Mlp, Rng, valueAndGradients } from '../../src/index.ts';

const ROWS = 64;
const UPDATES = 1000;

/** Seconds of processor time that the updates take where weights of jobs were measured: a core of an AMD EPYC. */
const REFERENCE = 0.072;

/**
 * How fast a core of this machine is, 1 like that on which the weights of jobs were measured: by the processor time of
 * updates of a small network. The engine in use does them.
 */
export function coreSpeed(): number {
  const network = new Mlp({ inputDim: 2, hidden: [64, 64], outputDim: 2, rng: new Rng('core speed') });
  const optimizer = new Adam(network.trainableVariables());
  const update = compile(
    ({ x }: { x: tf.Tensor }) => {
      const { loss, gradients } = valueAndGradients(
        () => ({ loss: tf.mean(tf.square(network.apply(x))) }),
        optimizer.parameters,
      );
      optimizer.update(gradients, 1e-3);
      return { loss };
    },
    { name: 'harness/core-speed', state: [network, optimizer] },
  ).onArrays({ x: { shape: [ROWS, 2] } });
  const x = new Float32Array(2 * ROWS).fill(1);
  const repeat = (updates: number) => {
    for (let i = 0; i < updates; i++) update({ x });
  };
  // Until the engine's code is compiled for good.
  repeat(UPDATES / 4);
  const before = process.cpuUsage();
  repeat(UPDATES);
  const { user, system } = process.cpuUsage(before);
  optimizer.dispose();
  network.dispose();
  return REFERENCE / ((user + system) / 1e6);
}
