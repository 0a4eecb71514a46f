import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Box } from '../../envs/index.ts';
import { actionDensity, makePolicy, modes, Rng } from '../../src/index.ts';

const spaces = {
  observationSpace: new Box({ low: -1, high: 1, shape: [3] }),
  actionSpace: new Box({ low: -2, high: 2, shape: [2] }),
};

describe.each(['none', 'tanh'] as const)('actionDensity, squash %s', (squash) => {
  const policy = makePolicy('gaussian', { ...spaces, squash, rng: new Rng(0) });
  const observation = [0.3, -0.2, 0.9];
  const density = actionDensity(policy, observation);

  test('is the density of actions there', () => {
    const actions = [
      [0.5, -1],
      [-0.25, 0.75],
    ];
    const wanted = tf.tidy(() => {
      const given = policy.given(tf.tensor2d([observation, observation]));
      return given.logProb(given.unsquash(tf.tensor2d(actions))).arraySync() as number[];
    });
    expect(density.logProb(tf.tensor2d(actions)).arraySync()).toEqual(wanted);
    expect((density.logProb(tf.tensor3d([actions])).arraySync() as number[][])[0]).toEqual(wanted);
    expect(density.logProb(tf.tensor1d(actions[0]!)).arraySync()).toBeCloseTo(wanted[0]!, 5);
  });
});

test('a squashed policy has no density beyond its bounds, and its modes lie within them', () => {
  const bounded = { ...spaces, actionSpace: new Box({ low: -2, high: 2, shape: [1] }) };
  const policy = makePolicy('gaussian', { ...bounded, squash: 'tanh', initialScale: 2, rng: new Rng(1) });
  const density = actionDensity(policy, [0, 0.1, 0]);
  const at = (...actions: number[]) => density.logProb(tf.tensor2d(actions, [actions.length, 1])).arraySync();
  expect(at(-10, -2.01, 2.01, 10)).toEqual(new Array(4).fill(Number.NEGATIVE_INFINITY));
  for (const value of at(-1.999, 0, 1.999) as number[]) expect(Number.isFinite(value)).toBe(true);
  // A wide normal number, squashed, is densest near both bounds.
  const found = modes(density, { rng: new Rng(1) });
  expect(found).toHaveLength(2);
  for (const { x } of found) {
    expect(Math.abs(x[0]!)).toBeGreaterThan(1.5);
    expect(Math.abs(x[0]!)).toBeLessThan(2 + 1e-5);
  }
  policy.dispose();
});

test('modes are the same compiled and eager, follow the policy, and leave no tensors behind', () => {
  const policy = makePolicy('spline', { ...spaces, hidden: [8], rng: new Rng(5) });
  const compiled = actionDensity(policy, [0.1, 0.2, 0.3]);
  const eager = actionDensity(policy, [0.1, 0.2, 0.3]);
  Object.defineProperty(eager, 'state', { value: undefined });
  const find = (density: typeof eager) => modes(density, { rng: new Rng(6), starts: 24 });
  const expectSame = () => {
    const [found, wanted] = [find(compiled), find(eager)];
    expect(found.map(({ share }) => share)).toEqual(wanted.map(({ share }) => share));
    found.forEach(({ x, logProb }, i) => {
      expect(logProb).toBeCloseTo(wanted[i]!.logProb, 4);
      x.forEach((value, j) => {
        expect(value).toBeCloseTo(wanted[i]!.x[j]!, 2);
      });
    });
    return found[0]!.logProb;
  };
  const before = expectSame();
  const count = tf.memory().numTensors;
  tf.tidy(() => {
    for (const weight of policy.trainableVariables()) weight.assign(tf.add(weight, 0.3));
  });
  expect(Math.abs(expectSame() - before)).toBeGreaterThan(0.01);
  expect(tf.memory().numTensors).toBe(count);
  policy.dispose();
});
