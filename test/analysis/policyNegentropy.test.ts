import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Box, Discrete, MultiDiscrete } from '../../envs/index.ts';
import {
  type Distribution,
  Identity,
  makePolicy,
  negentropyEstimate,
  type Policy,
  policyNegentropy,
  Rng,
  Tanh,
} from '../../src/index.ts';
import { negentropyOfTwoModes } from '../oracle/densities.ts';
import { perturb } from '../support/perturb.ts';
import { TwoModes } from '../support/twoModes.ts';

const observationSpace = new Box({ low: -1, high: 1, shape: [3] });
const box = new Box({ low: -1, high: 1, shape: [2] });
const rng = new Rng('observations');
const observations = rng.normalTensor([7, 3]);

function made(name: string, options: object = {}): Policy {
  return perturb(makePolicy<string>(name, { observationSpace, actionSpace: box, hidden: [8], rng, ...options }), rng);
}

/** Each with its standard error, at the observations. */
function measured(policy: Policy, at = observations, samples?: number): (readonly [value: number, error: number])[] {
  const { value, standardError } = policyNegentropy(policy, at, { rng: new Rng(0), samples })!;
  expect(value.shape).toEqual([at.shape[0]]);
  return Array.from(value.dataSync(), (each, i) => [each, standardError.dataSync()[i]!]);
}

describe('policyNegentropy', () => {
  test('is 0 of Gaussians, whatever their squash', () => {
    for (const name of ['gaussian', 'gaussian-full']) {
      for (const squash of ['none', 'tanh']) {
        // From draws of a Gaussian it comes to d (d + 3) / (4 n) at most.
        for (const [value, error] of measured(made(name, { squash }))) {
          expect(Math.abs(value)).toBeLessThan(3 * error + 10 / 2048);
        }
      }
    }
  });

  test('of two modes, as far apart as the observation says, is what an integral gives', () => {
    const distances = [0, 0.5, 1, 2, 4];
    for (const squash of [new Identity(), new Tanh()]) {
      const found = measured(new TwoModes(1, { squash }), tf.tensor2d(distances, [5, 1]), 4096);
      for (const [i, [value, error]] of found.entries()) {
        expect(Math.abs(value - negentropyOfTwoModes(distances[i]!))).toBeLessThan(4 * error + 2 / 4096);
      }
      expect(found[4]![0]).toBeGreaterThan(0.7);
    }
  });

  test.each([
    ['spline', {}],
    ['mixture', {}],
    ['realnvp', { memory: 'gru', memoryUnits: 4 }],
  ])('of a %s is the estimate of its latent distribution, of a memory given its state', (name, options) => {
    const policy = made(name, options);
    const past = policy.stateDim > 0 ? { state: rng.normalTensor([7, policy.stateDim]) } : undefined;
    const before = tf.memory().numTensors;
    const found = policyNegentropy(policy, observations, { rng: new Rng(1), samples: 300 }, past)!;
    expect(tf.memory().numTensors - before).toBe(2);
    const { latent } = policy.given(observations, past) as unknown as { latent: Distribution };
    const wanted = negentropyEstimate(latent, { rng: new Rng(1), samples: 300 });
    for (const key of ['value', 'standardError'] as const) {
      const expected = wanted[key].dataSync();
      for (const [i, value] of found[key].dataSync().entries()) expect(value).toBeCloseTo(expected[i]!, 3);
    }
    expect(Math.max(...found.value.dataSync())).toBeGreaterThan(0.05);
    if (past === undefined) return;
    const other = policyNegentropy(policy, observations, { rng: new Rng(1), samples: 300 })!;
    expect(other.value.dataSync()).not.toEqual(found.value.dataSync());
  });

  test('there is none of choices, of angles and of samples alone; exact() of flow matching has one', () => {
    const angle = new Box({ low: -Math.PI, high: Math.PI, shape: [1] });
    for (const policy of [
      made('categorical', { actionSpace: new Discrete(3) }),
      made('categorical', { actionSpace: new Discrete(3), actionMask: true }),
      made('multi-categorical', { actionSpace: new MultiDiscrete([2, 3]) }),
      made('circular-spline', { actionSpace: angle }),
      made('gaussian', { actionSpace: angle, squash: 'wrap' }),
      made('flow-matching'),
    ]) {
      const at = tf.ones([2, policy.observationDim]) as tf.Tensor2D;
      expect(policyNegentropy(policy, at, { rng: new Rng(0) })).toBeUndefined();
    }
    const exact = (made('flow-matching', { activation: 'tanh' }) as Policy).exact!();
    expect(measured(exact)).toHaveLength(7);
  });

  test('of too few draws is refused', () => {
    const few = () => policyNegentropy(made('gaussian'), observations, { rng: new Rng(0), samples: 3 });
    expect(few).toThrow('policyNegentropy: samples: got 3, expected more than 3');
  });
});
