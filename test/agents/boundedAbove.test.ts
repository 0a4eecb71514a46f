import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { boundedAbove, clippedSurrogate } from '../../agents/core/policyGradient.ts';

const MOST = 3;
const values = [-1e6, -200, -20, -3, -0.05, 0, 0.05, 2.999, 3, 3.001, 20, 200, 1e6];

test('what is below the bound stays as it is to the bit, what is above is the bound, and the gradient is 1 everywhere', () => {
  const x = tf.tensor1d(values);
  const { value, grad } = tf.valueAndGrad((each: tf.Tensor) => boundedAbove(each, MOST))(x);
  expect([...value.dataSync()]).toEqual([...x.dataSync()].map((each) => Math.min(each, MOST)));
  expect([...grad.dataSync()]).toEqual(values.map(() => 1));
});

test.each([-2, 1.5])(
  'as the log-ratio of a clipped surrogate it keeps what brings a ratio back: advantage %d',
  (advantage) => {
    const clip = 0.1;
    const n = values.length;
    const of = (figure: 'policyLoss' | 'approxKl') =>
      tf.valueAndGrad(
        (logRatio: tf.Tensor) =>
          clippedSurrogate({
            logProb: boundedAbove(logRatio, MOST),
            oldLogProb: tf.zerosLike(logRatio),
            advantages: tf.fill([n], advantage),
            clip: tf.scalar(clip),
          })[figure],
      )(tf.tensor1d(values));
    const ratios = values.map((x) => Math.exp(Math.min(x, MOST)));
    const clipped = ratios.map((ratio) => Math.min(Math.max(ratio, 1 - clip), 1 + clip));
    const surrogates = ratios.map((ratio, i) => Math.min(ratio * advantage, clipped[i]! * advantage));
    const mean = (of: number[]) => of.reduce((sum, each) => sum + each, 0) / n;
    const loss = of('policyLoss');
    expect(loss.value.dataSync()[0]).toBeCloseTo(-mean(surrogates), 4);
    // Where the clip has not taken it, the gradient is −ρ A / n, with the bounded ratio: a bad action that became likely is made less so.
    const gradients = ratios.map((ratio) => {
      const isClipped = advantage > 0 ? ratio > 1 + clip : ratio < 1 - clip;
      return isClipped ? 0 : (-ratio * advantage) / n;
    });
    loss.grad.dataSync().forEach((each, i) => expect(each, `at ${values[i]}`).toBeCloseTo(gradients[i]!, 4));
    if (advantage < 0) expect(loss.grad.dataSync().at(-1)).toBeGreaterThan(1);
    const kl = mean(ratios.map((ratio, i) => ratio - 1 - Math.min(values[i]!, MOST)));
    expect(of('approxKl').value.dataSync()[0]! / kl).toBeCloseTo(1, 5);
  },
);
