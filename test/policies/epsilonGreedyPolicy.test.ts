import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Box, Discrete } from '../../envs/index.ts';
import {
  checkPolicy,
  EpsilonGreedyPolicy,
  makePolicy,
  type PolicyName,
  policyFromJson,
  policyToJson,
  QNetworkPolicy,
  QuantileNetworkPolicy,
  Rng,
} from '../../src/index.ts';
import { under } from '../oracle/mlp.ts';
import { qNetwork } from '../oracle/qNetwork.ts';
import { splineQuantiles } from '../oracle/splineQuantiles.ts';
import { perturb } from '../support/perturb.ts';

const task = {
  observationSpace: new Box({ low: -1, high: 1, shape: [2] }),
  actionSpace: new Discrete(4, 3),
  rng: new Rng(0),
  hidden: [5, 4],
};
const observations = tf.tensor2d([
  [0.5, -1],
  [-0.2, 0.8],
  [1, 1],
]);
const make = <P extends EpsilonGreedyPolicy>(name: PolicyName, options: object = {}): P =>
  perturb(makePolicy(name as string, { ...task, ...options }) as P, new Rng('weights'), 1);
const variablesOf = (policy: EpsilonGreedyPolicy) =>
  Object.fromEntries(Object.entries(policy.stateDict()).map(([path, { values }]) => [path, Array.from(values)]));

/** Values that are given. */
class Table extends EpsilonGreedyPolicy {
  readonly featureDim = 1;
  readonly #values: number[];

  constructor(values: number[], epsilon: number, actionMask = false) {
    super({ actionSpace: { n: values.length, start: 0 }, epsilon, actionMask });
    this.#values = values;
  }

  protected valuesAt(features: tf.Tensor): tf.Tensor {
    return tf.tile(tf.tensor2d([this.#values]), [features.shape[0]!, 1]);
  }
}

describe('EpsilonGreedyPolicy', () => {
  const probabilities = (values: number[], epsilon: number) => {
    const distribution = new Table(values, epsilon).given(tf.zeros([1, 1]));
    return values.map((_, k) => Math.exp(distribution.logProb(tf.tensor2d([[k]])).dataSync()[0]!));
  };
  const close = (got: number[], wanted: number[]) =>
    got.forEach((p, k) => {
      expect(p).toBeCloseTo(wanted[k]!, 6);
    });

  test('the best action has 1 − ε + ε/n, others ε/n; of several that are best the first', () => {
    close(probabilities([1, 3, 2, 0], 0.2), [0.05, 0.85, 0.05, 0.05]);
    close(probabilities([1, 3, 3, 0], 0.2), [0.05, 0.85, 0.05, 0.05]);
    close(probabilities([7], 0.5), [1]);
    close(probabilities([-1e30, -1e30, 1e30], 0.3), [0.1, 0.1, 0.8]);
    expect(probabilities([1, 3, 2], 0)).toEqual([0, 1, 0]);
  });

  test('with a mask the best of the allowed, and others that are allowed; a mask that allows nothing allows all', () => {
    const masks = [
      [1, 0, 1, 1],
      [0, 0, 1, 0],
      [0, 0, 0, 0],
    ];
    for (const epsilon of [0.3, 0]) {
      const policy = new Table([1, 3, 2, 0], epsilon, true);
      const seen = tf.tensor2d(masks.map((mask) => [7, ...mask]));
      const distribution = policy.given(seen);
      const wanted = masks.map((given) => {
        const mask = given.includes(1) ? given : [1, 1, 1, 1];
        const values = [1, 3, 2, 0].map((value, k) => (mask[k] ? value : -Infinity));
        const count = mask.filter((each) => each === 1).length;
        const best = values.indexOf(Math.max(...values));
        return mask.map((each, k) => (each * epsilon) / count + (k === best ? 1 - epsilon : 0));
      });
      for (let k = 0; k < 4; k++) {
        const got = distribution.logProb(tf.fill([3, 1], k)).dataSync();
        wanted.forEach((p, row) => {
          expect(Math.exp(got[row]!)).toBeCloseTo(p[k]!, 6);
          if (p[k] === 0) expect(Math.exp(got[row]!)).toBe(0);
        });
      }
      expect([...distribution.mode().dataSync()]).toEqual([2, 2, 1]);
    }
    checkPolicy(make('q-network', { actionMask: true }), { gradients: false });
    checkPolicy(make('quantile-network', { actionMask: true, dueling: true }), { gradients: false });
  });

  test('the entropy is exact, 0 where ε is', () => {
    const entropy = (epsilon: number) =>
      new Table([1, 3, 2], epsilon)
        .given(tf.zeros([1, 1]))
        .entropy()
        .dataSync()[0];
    expect(entropy(0.3)).toBeCloseTo(-(0.8 * Math.log(0.8) + 0.2 * Math.log(0.1)), 6);
    expect(entropy(0)).toBeCloseTo(0, 12);
  });
});

const kinds: [PolicyName, object][] = [
  ['q-network', {}],
  ['q-network', { dueling: true }],
  ['quantile-network', { quantiles: 6 }],
  ['quantile-network', { quantiles: 6, quantileFunction: 'spline', bins: 3, dueling: true }],
];

describe.each(kinds)('%s %o', (name, options) => {
  test('fits the contract, but for gradients of log-probabilities, which agents of policy gradients refuse', () => {
    const policy = make(name, options);
    checkPolicy(policy, { gradients: false });
    expect(() => checkPolicy(policy)).toThrow(
      'checkPolicy: logProb: got no gradient by any variable, expected some; policies that act by values are for agents that learn values',
    );
  });

  test('acts as its values say, is saved with all that it is, and exported', () => {
    const policy = make(name, { ...options, epsilon: 0.2 });
    const values = policy.values(observations).arraySync() as number[][];
    const best = values.map((row) => row.indexOf(Math.max(...row)) + 3);
    const actor = policy.actor({ rng: new Rng(0), batch: 3, greedy: true });
    expect([...actor.act(observations.dataSync()).action]).toEqual(best);
    const { policy: loaded } = policyFromJson(policyToJson(policy));
    expect(loaded.config).toEqual(policy.config);
    expect((loaded as EpsilonGreedyPolicy).epsilon).toBe(0.2);
    expect((loaded as EpsilonGreedyPolicy).values(observations).arraySync()).toEqual(values);
    expect(policy.toOnnx().inputs.map((input) => input.name)).toEqual(['observations', 'noise0']);
  });
});

test('the values of a network are those in float64', () => {
  for (const dueling of [false, true]) {
    const policy = make<QNetworkPolicy>('q-network', { dueling });
    expect(policy).toBeInstanceOf(QNetworkPolicy);
    const variables = under(variablesOf(policy), 'network');
    const got = policy.values(observations).arraySync() as number[][];
    (observations.arraySync() as number[][]).forEach((row, b) => {
      qNetwork(variables, row).forEach(([value], k) => expect(got[b]![k]).toBeCloseTo(value!, 4));
    });
  }
});

test.each(['free', 'spline'] as const)('%s quantiles are those in float64, and values are their means', (kind) => {
  const [quantiles, bins] = [6, 3];
  const policy = make<QuantileNetworkPolicy>('quantile-network', { quantiles, bins, quantileFunction: kind });
  expect(policy).toBeInstanceOf(QuantileNetworkPolicy);
  const variables = under(variablesOf(policy), 'network');
  const got = policy.quantiles(observations).arraySync() as number[][][];
  const values = policy.values(observations).arraySync() as number[][];
  const chosen = [1, 3, 0];
  const one = policy.quantilesOf(observations, tf.oneHot(chosen, 4, 1, 0, 'float32')).arraySync() as number[][];
  chosen.forEach((k, b) => one[b]!.forEach((z, i) => expect(z).toBeCloseTo(got[b]![k]![i]!, 5)));
  (observations.arraySync() as number[][]).forEach((row, b) => {
    const outputs = qNetwork(variables, row, kind === 'free' ? quantiles : 3 * bins + 1);
    const wanted = kind === 'free' ? outputs : outputs.map((each) => splineQuantiles(each, bins, quantiles));
    wanted.forEach((of, k) => {
      of.forEach((z, i) => expect(got[b]![k]![i]).toBeCloseTo(z, 3));
      expect(values[b]![k]).toBeCloseTo(of.reduce((sum, z) => sum + z, 0) / quantiles, 3);
    });
  });
});
