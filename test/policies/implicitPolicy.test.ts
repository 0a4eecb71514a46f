import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { Actor, boxSquash, ImplicitPolicy, Rng } from '../../src/index.ts';
import { mlp, under } from '../oracle/mlp.ts';

const make = () =>
  new ImplicitPolicy({
    observationDim: 2,
    actionDim: 1,
    noiseDim: 3,
    hidden: [5],
    squash: boxSquash({ low: -2, high: 4 }),
    rng: new Rng('weights'),
  });

test('a sample is the squash of the network at observation and noise', () => {
  const policy = make();
  const variables = Object.fromEntries(
    Object.entries(policy.stateDict()).map(([path, { values }]) => [path, [...values]]),
  );
  const noise = new Rng(4).fillNormal(new Float32Array(6));
  tf.tidy(() => {
    const observations = [
      [0.3, -1],
      [2, 0.5],
    ];
    const distribution = policy.given(tf.tensor2d(observations));
    const { action, latent, logProb } = distribution.sampleWithLogProb(new Rng(4));
    observations.forEach((observation, i) => {
      const [wanted] = mlp(under(variables, 'network'), [...observation, ...noise.subarray(3 * i, 3 * i + 3)]);
      expect(latent.dataSync()[i]).toBeCloseTo(wanted!, 5);
      expect(action.dataSync()[i]).toBeCloseTo(1 + 3 * Math.tanh(wanted!), 5);
      expect(distribution.squashLogDet!(latent).dataSync()[i]).toBeCloseTo(
        Math.log(3 * (1 - Math.tanh(wanted!) ** 2)),
        4,
      );
    });
    expect([...logProb.dataSync()]).toEqual([Number.NaN, Number.NaN]);
    expect(() => distribution.logProb(latent)).toThrow(/^ImplicitPolicy: logProb: it has samples and no density/);
  });
});

test('it acts, and gradients reach every variable', () => {
  const policy = make();
  const actor = new Actor(policy, { rng: new Rng(0), batch: 8 });
  const { action } = actor.act(new Float32Array(16));
  expect(new Set(action).size).toBe(8);
  const { grads } = tf.variableGrads(
    () => tf.mean(policy.given(tf.ones([4, 2])).sampleWithLogProb(new Rng(1)).action) as tf.Scalar,
    policy.trainableVariables(),
  );
  for (const gradient of Object.values(grads)) {
    expect(Math.max(...gradient.dataSync().map(Math.abs))).toBeGreaterThan(0);
  }
  actor.dispose();
});
