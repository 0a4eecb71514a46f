import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { UpdateHistory } from '../../agents/core/state.ts';
import { Adam, compile, Mlp, Rng, valueAndGradients } from '../../src/index.ts';

test.each([
  { share: 0, updates: 2, left: 0 },
  { share: 0, updates: 5, left: 3 },
  // Kept: 0, 1, 2, 4, 8.
  { share: 0.5, updates: 7, left: 4 },
  { share: 0.5, updates: 9, left: 4 },
  { share: 0.5, updates: 10, left: 8 },
])(
  'undone to the bit, variables and optimizer, and what follows is as if it had not been: %o',
  ({ share, updates, left }) => {
    const network = new Mlp({ inputDim: 1, hidden: [4], outputDim: 1, rng: new Rng(0) });
    const optimizer = new Adam(network.trainableVariables());
    const update = compile(
      ({ x }: { x: tf.Tensor }) => {
        const { loss, gradients } = valueAndGradients(
          () => ({ loss: tf.mean(tf.square(network.apply(x))) }),
          optimizer.parameters,
        );
        optimizer.update(gradients, 0.1);
        return { loss };
      },
      { name: 'update', state: [network, optimizer] },
    ).onArrays({ x: { shape: [2, 1] } });
    const states = () => [network, optimizer].map((module) => module.stateDict());
    const history = new UpdateHistory([network, optimizer], share);
    const before: ReturnType<typeof states>[] = [];
    for (let i = 0; i < updates; i++) {
      before.push(states());
      history.record();
      update({ x: [i, 1] });
    }
    const tensors = tf.memory().numTensors;
    expect(history.undo()).toBe(left);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(states()).toEqual(before[left]);
    update({ x: [left, 1] });
    expect(states()).toEqual(before[left + 1]);
  },
);
