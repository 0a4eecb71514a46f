import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { MixturePolicy, RelaxedMixturePolicy } from '../../src/policies/index.ts';
import { Rng } from '../../src/random.ts';

test.each([
  ['mixture', MixturePolicy, {}],
  ['relaxed mixture', RelaxedMixturePolicy, { choices: 8 }],
] as const)(
  'components of a %s that begin apart part: one gradient step after another on demonstrations of both banks',
  (_, Mixture, options) => {
    const data = tf.tensor2d(
      Array.from({ length: 128 }, (_, i) => new Rng(`bank${i}`).normal(i % 2 === 0 ? 1 : -1, 0.2)),
      [128, 1],
    );
    const observations = tf.zeros([128, 1]);
    const fitted = (spread: number): number => {
      const policy = new Mixture({ observationDim: 1, actionDim: 1, hidden: [8], ...options, spread, rng: new Rng(0) });
      const optimizer = tf.train.adam(0.02);
      const loss = (): tf.Scalar => tf.neg(tf.mean(policy.given(observations).logProb(data)));
      let last = 0;
      for (let step = 0; step < 100; step++) {
        last = tf.tidy(() => optimizer.minimize(loss, true, policy.trainableVariables())!.dataSync()[0]!);
      }
      return last;
    };
    expect(fitted(0)).toBeGreaterThan(1.35);
    expect(fitted(0.5)).toBeLessThan(0.6);
  },
);
