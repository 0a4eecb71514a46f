import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { compile, Module, RmsProp } from '../../src/engine/index.ts';

class Parameters extends Module {
  readonly values = tf.tidy(() => tf.variable(tf.tensor1d([1, -2, 3])));
}

/** The parameters after steps of plain numbers. */
function reference(gradients: number[][], { rate, decay, epsilon }: { rate: number; decay: number; epsilon: number }) {
  const values = [1, -2, 3];
  const meanSquare = [1, 1, 1];
  for (const gradient of gradients) {
    gradient.forEach((g, i) => {
      meanSquare[i] = decay * meanSquare[i]! + (1 - decay) * g * g;
      values[i] = values[i]! - (rate * g) / Math.sqrt(meanSquare[i]! + epsilon);
    });
  }
  return values;
}

describe.each([false, true])('RmsProp, compiled: %s', (isCompiled) => {
  test.each([
    [{}, { decay: 0.99, epsilon: 1e-5 }],
    [
      { decay: 0.8, epsilon: 0.1 },
      { decay: 0.8, epsilon: 0.1 },
    ],
  ])('agrees with plain numbers: %o', (options, { decay, epsilon }) => {
    const parameters = new Parameters();
    const optimizer = new RmsProp([parameters.values], options);
    const update = ({ gradient }: { gradient: tf.Tensor }) => {
      optimizer.update([gradient], 0.1);
      return {};
    };
    const compiled = compile(update, { name: 'rmsProp', state: [parameters, optimizer] });
    const gradients = Array.from({ length: 60 }, (_, i) => [Math.sin(i), 0, i % 7 === 0 ? 5 : -0.01]);
    for (const gradient of gradients) {
      if (isCompiled) compiled({ gradient: tf.tensor1d(gradient) });
      else tf.tidy(() => update({ gradient: tf.tensor1d(gradient) }));
    }
    const wanted = reference(gradients, { rate: 0.1, decay, epsilon });
    [...parameters.values.dataSync()].forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 4));
  });
});

test('options out of range are refused', () => {
  const { values } = new Parameters();
  expect(() => new RmsProp([values], { rho: 0.9 } as object)).toThrow(
    'RmsProp: unknown option "rho", expected one of decay, epsilon',
  );
  expect(() => new RmsProp([values], { decay: 1 })).toThrow('RmsProp: decay: got 1, expected a number in [0, 1)');
  expect(() => new RmsProp([values], { epsilon: -1 })).toThrow('RmsProp: epsilon must not be negative, got -1');
});
