import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { UpdateHistory } from '../../agents/common/updateHistory.ts';
import { Adam, compile, Mlp, Rng, valueAndGradients } from '../../src/index.ts';

test('two updates are undone to the bit, variables and optimizer, and what follows is as if they had not been made', () => {
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
  const history = new UpdateHistory([network, optimizer]);
  const before: ReturnType<typeof states>[] = [];
  for (let i = 0; i < 5; i++) {
    before.push(states());
    history.record();
    update({ x: [i, 1] });
  }
  const tensors = tf.memory().numTensors;
  history.undo();
  expect(tf.memory().numTensors).toBe(tensors);
  expect(states()).toEqual(before[3]);
  update({ x: [3, 1] });
  expect(states()).toEqual(before[4]);
});
