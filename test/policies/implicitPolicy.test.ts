import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { A2c, BehaviorCloning, CrossQ, Ppo, Reinforce, Sac, SoftQLearning, Td3, Tqc } from '../../agents/index.ts';
import { makeVec } from '../../envs/index.ts';
import { actionDensity, boxSquash, ImplicitPolicy, Rng, sampleAction } from '../../src/index.ts';
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
    const { action, latent } = sampleAction(distribution, new Rng(4));
    observations.forEach((observation, i) => {
      const [wanted] = mlp(under(variables, 'network'), [...observation, ...noise.subarray(3 * i, 3 * i + 3)]);
      expect(latent.dataSync()[i]).toBeCloseTo(wanted!, 5);
      expect(action.dataSync()[i]).toBeCloseTo(1 + 3 * Math.tanh(wanted!), 5);
      expect(distribution.squashLogDet!(latent).dataSync()[i]).toBeCloseTo(
        Math.log(3 * (1 - Math.tanh(wanted!) ** 2)),
        4,
      );
    });
  });
});

test('whoever asks for a density is told that there is none', () => {
  const policy = make();
  tf.tidy(() => {
    const distribution = policy.given(tf.zeros([2, 2]));
    expect(() => distribution.logProb()).toThrow('ImplicitPolicy: logProb: it has samples and no density');
    expect(() => distribution.sampleWithLogProb()).toThrow(
      'ImplicitPolicy: sampleWithLogProb: it has samples and no density, take sample',
    );
  });
  expect(() => actionDensity(policy, [0, 0])).toThrow(
    'actionDensity: policy: got ImplicitPolicy, which has samples and no density, expected one that has a density',
  );
});

test('greedy actions and models need no density, and have none', () => {
  const policy = make();
  tf.tidy(() => {
    const greedy = policy.greedy(tf.zeros([3, 2]), 8);
    expect(Object.keys(greedy)).toEqual(['action', 'latent']);
    expect(greedy.action.shape).toEqual([3, 1]);
  });
  expect(policy.toOnnx().outputs.map(({ name }) => name)).toEqual(['action', 'latent']);
  expect(policy.act([0.1, 0.2], { greedy: true })).toHaveLength(1);
});

test('agents that need a density refuse it when they are made', () => {
  const env = makeVec('Pendulum-v1', { numEnvs: 2, autoresetMode: 'sameStep' });
  const policy = new ImplicitPolicy({
    observationDim: 3,
    actionDim: 1,
    squash: boxSquash({ low: -2, high: 2 }),
    rng: new Rng(0),
  });
  const parts = { policy, env, rng: new Rng(0) };
  for (const agent of [Ppo, A2c, Reinforce, Sac, Tqc, CrossQ, Td3]) {
    expect(() => new agent(parts)).toThrow(`${agent.name}: policy: got an ImplicitPolicy`);
  }
  const demonstrations = { observations: new Float32Array(3), actions: new Float32Array(1) };
  expect(() => new BehaviorCloning({ policy, demonstrations })).toThrow(
    /^BehaviorCloning: policy: got an ImplicitPolicy/,
  );
  new SoftQLearning({ ...parts, criticHidden: [8] }).dispose();
});
