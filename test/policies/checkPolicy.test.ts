import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Ppo } from '../../agents/index.ts';
import { Box, make, makeVec } from '../../envs/index.ts';
import {
  type ActionDistribution,
  checkPolicy,
  ImplicitPolicy,
  Mlp,
  makePolicy,
  Policy,
  Rng,
  type SampledAction,
} from '../../src/index.ts';

const column = (x: tf.Tensor) => tf.sum(x, 1);
/** log(1 − tanh² u), summed. */
const tanhLogDet = (u: tf.Tensor) => column(tf.mul(2, tf.sub(tf.sub(Math.LN2, u), tf.softplus(tf.mul(-2, u)))));
/** What a tanh's inverse takes. */
const inside = (action: tf.Tensor) => tf.clipByValue(action, -0.999999, 0.999999);

/** A squashed Gaussian, y = tanh(μ(o) + e^s(o) ε), written by hand; `change` breaks it. */
class HandMade extends Policy {
  readonly featureDim = 3;
  readonly actionDim: number;
  readonly network: Mlp;
  readonly #change: (right: Right) => object;

  constructor(change: (right: Right) => object = () => ({}), actionDim = 2) {
    super();
    this.actionDim = actionDim;
    this.#change = change;
    this.network = new Mlp({ inputDim: 3, outputDim: 2 * actionDim, hidden: [8], rng: new Rng(0), outputScale: 1 });
  }

  protected distribution(features: tf.Tensor): ActionDistribution {
    const [loc, logScale] = tf.split(this.network.apply(features), 2, 1) as [tf.Tensor, tf.Tensor];
    const latentLogProb = (u: tf.Tensor) => {
      const z = tf.mul(tf.sub(u, loc), tf.exp(tf.neg(logScale)));
      return column(tf.sub(tf.mul(-0.5, tf.square(z)), tf.add(logScale, 0.5 * Math.log(2 * Math.PI))));
    };
    const draw = (rng: Rng) => tf.add(loc, tf.mul(tf.exp(logScale), rng.normalTensor(loc.shape)));
    const right: Right = {
      reparameterized: true,
      draw,
      sampleWithLogProb(this: ActionDistribution, rng: Rng): SampledAction {
        const latent = draw(rng);
        return { action: this.squash(latent), latent, logProb: this.logProb(latent) };
      },
      logProb: (u) => tf.sub(latentLogProb(u), tanhLogDet(u)),
      latentLogProb,
      squash: tf.tanh,
      squashLogDet: tanhLogDet,
      unsquash: (action) => tf.atanh(inside(action)),
      mode: () => loc,
    };
    return { ...right, ...this.#change(right) };
  }
}

interface Right extends ActionDistribution {
  draw(rng: Rng): tf.Tensor;
  latentLogProb(u: tf.Tensor): tf.Tensor;
}

test('a right one passes, with and without samples', () => {
  for (const dim of [1, 2, 6]) {
    checkPolicy(new HandMade(undefined, dim));
    checkPolicy(new HandMade(undefined, dim), { samples: 2000 });
  }
});

/** With samples that are changed. */
const changed = (change: (sample: SampledAction) => object) => (right: Right) => ({
  sampleWithLogProb(rng: Rng) {
    const sample = right.sampleWithLogProb(rng);
    return { ...sample, ...change(sample) };
  },
});

describe('broken ones are told', () => {
  test.each<[string, (right: Right) => object, string]>([
    [
      'logProb [batch, 1]',
      (right) => ({ logProb: (u: tf.Tensor) => tf.expandDims(right.logProb(u), 1) }),
      'logProb: got',
    ],
    [
      'logProb [batch, dim]',
      () => ({ logProb: (u: tf.Tensor) => tf.neg(tf.square(u)) }),
      'got float32 of shape [3,2], expected float32 of shape [3]',
    ],
    [
      'a sum over the batch',
      (right) => ({ logProb: (u: tf.Tensor) => tf.sum(right.logProb(u)) }),
      'of shape [], expected',
    ],
    ['an integer', changed(({ action }) => ({ action: tf.cast(action, 'int32') })), 'action: got int32'],
    [
      'an action too wide',
      changed(({ action }) => ({ action: tf.concat([action, action], 1) })),
      'action: got float32 of shape [3,4]',
    ],
    ['no latent', changed(() => ({ latent: undefined })), 'latent: got undefined'],
    ['NaN', changed(({ logProb }) => ({ logProb: tf.mul(logProb, Number.NaN) })), 'logProb: got NaN'],
    ['entropy [batch, dim]', () => ({ entropy: () => tf.zeros([3, 2]) }), 'entropy: got float32 of shape [3,2]'],
    ['mode [dim]', () => ({ mode: () => tf.zeros([2]) }), 'mode: got float32 of shape [2]'],
    ['modeLogProb of the action', (right) => ({ modeLogProb: () => right.logProb(right.mode!()) }), 'modeLogProb: got'],
    [
      'tempered sample [dim]',
      () => ({ sampleTempered: () => tf.zeros([2]) }),
      'sampleTempered: got float32 of shape [2]',
    ],
    [
      'samples without gradients',
      changed(({ latent }) => ({ latent: tf.tensor2d(latent.arraySync() as number[][]) })),
      'reparameterized: got true, expected false',
    ],
    ['no word of it', () => ({ reparameterized: undefined }), 'reparameterized: got undefined'],
    ['the squash forgotten in both', (right) => ({ logProb: right.latentLogProb }), 'logProb: got'],
    [
      'the wrong sign of its log-determinant',
      (right) => ({ logProb: (u: tf.Tensor) => tf.add(right.latentLogProb(u), tanhLogDet(u)) }),
      'by the derivative of the sample by its noise',
    ],
    [
      'the scale forgotten',
      (right) => ({ ...changed(() => ({}))(right), logProb: (u: tf.Tensor) => tf.sub(right.logProb(u), 1) }),
      'logProb of the latent of a sample: got',
    ],
    ['a squash without a log-determinant', () => ({ squashLogDet: undefined }), 'squashLogDet: got none'],
    ['an action that is not the squash', changed(({ latent }) => ({ action: tf.sin(latent) })), 'squash of the latent'],
    ['no inverse', () => ({ unsquash: (action: tf.Tensor) => action }), 'squash(unsquash(action)): got'],
  ])('%s', (_, change, message) => {
    expect(() => checkPolicy(new HandMade(change))).toThrow(/^checkPolicy: /);
    expect(() => checkPolicy(new HandMade(change))).toThrow(message);
  });

  test('by many samples where there are more numbers than derivatives are taken of', () => {
    const wrong = () => new HandMade((right) => ({ logProb: (u: tf.Tensor) => tf.add(right.logProb(u), 1) }), 6);
    checkPolicy(wrong());
    expect(() => checkPolicy(wrong(), { samples: 2000 })).toThrow(
      /logProb: the mean of g\/π over 2000 samples.* expected 1$/,
    );
  });

  test('probabilities that do not sum to 1, categories that there are not, and bounds that are not kept', () => {
    const space = new Box({ low: [-0.1, -0.1], high: [0.1, 0.1] });
    const beyond = Object.assign(new HandMade(), { boundedActions: space });
    expect(() => checkPolicy(beyond)).toThrow('expected a number of boundedActions, in [-0.1');
    const actions = Object.assign(new HandMade(undefined, 1), { discreteActions: { n: 3, start: 0 } });
    expect(() => checkPolicy(actions)).toThrow('expected an integer from 0 to 2');
    const right: Policy<number> = makePolicy('categorical', { env: make('CartPole-v1'), rng: new Rng(0) });
    checkPolicy(right);
    const own = right.given.bind(right);
    right.given = (observations) => {
      const given = own(observations);
      const logProb = (latent: tf.Tensor) => tf.add(given.logProb(latent), 0.05);
      const sampleWithLogProb = (rng: Rng) => {
        const sample = given.sampleWithLogProb(rng);
        return { ...sample, logProb: logProb(sample.latent) };
      };
      const { reparameterized } = given;
      const squash = (latent: tf.Tensor) => given.squash(latent);
      const unsquash = (action: tf.Tensor) => given.unsquash(action);
      return { reparameterized, sampleWithLogProb, logProb, squash, unsquash };
    };
    expect(() => checkPolicy(right)).toThrow(/^checkPolicy: logProb: the probabilities of the 2 actions sum to 1\.05/);
  });
});

test('agents look once, when they are made', () => {
  const env = () => makeVec('Pendulum-v1', { numEnvs: 2, autoresetMode: 'sameStep' });
  const broken = (right: Right) => ({ logProb: (u: tf.Tensor) => tf.expandDims(right.logProb(u), 1) });
  const agent = () =>
    new Ppo({ policy: new HandMade(broken, 1), env: env(), horizon: 8, batchSize: 4, rng: new Rng(0) });
  expect(agent).toThrow(
    'checkPolicy: sampleWithLogProb: logProb: got float32 of shape [3,1], expected float32 of shape [3]',
  );
});

test('nothing is changed: no variable, no statistics, no layer that waits for its first data, no tensor is left', () => {
  const { observationSpace, actionSpace } = make('Pendulum-v1');
  const policy = makePolicy('glow', { observationSpace, actionSpace, squash: 'tanh', rng: new Rng(0) });
  policy.normalizeObservations();
  const variables = policy.variables().map(({ dataId }) => dataId);
  const { numTensors } = tf.memory();
  checkPolicy(policy, { samples: 100 });
  expect(policy.variables().map(({ dataId }) => dataId)).toEqual(variables);
  expect(tf.memory().numTensors).toBe(numTensors);

  class Counts extends HandMade {
    readonly count = tf.tidy(() => tf.variable(tf.scalar(0), false));
    protected override distribution(features: tf.Tensor) {
      tf.tidy(() => this.count.assign(tf.add(this.count, 1) as tf.Scalar));
      return super.distribution(features);
    }
  }
  const counts = new Counts();
  checkPolicy(counts);
  expect(counts.count.dataSync()[0]).toBe(0);
});

test('one without a density', () => {
  const policy = new ImplicitPolicy({ observationDim: 3, actionDim: 2, rng: new Rng(0) });
  checkPolicy(policy);
  const own = policy.given.bind(policy);
  policy.given = (observations) => {
    const given = own(observations);
    return Object.assign(given, { unsquash: (action: tf.Tensor) => tf.add(action, 1) });
  };
  expect(() => checkPolicy(policy)).toThrow(/^checkPolicy: squash\(unsquash\(action\)\): got/);
});
