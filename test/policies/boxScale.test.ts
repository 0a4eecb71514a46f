import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { makePolicy, policyFromJson, policyToJson, Rng } from '../../src/index.ts';
import { boxRescale, halfWidths } from '../../src/policies/boxScale.ts';

const boxOf = (low: number[], high: number[]) => ({ low, high, shape: [low.length] });
const usual = boxOf([-1, -1], [1, 1]);
const observationSpace = boxOf([-9, -9], [9, 9]);
const BOXES = {
  '[0, 1000]': boxOf([0, 0], [1000, 1000]),
  '[-0.001, 0.001]': boxOf([-1e-3, -1e-3], [1e-3, 1e-3]),
  '[5, 6]': boxOf([5, 5], [6, 6]),
  'of others for each number': boxOf([0, -1e-3], [1000, 1e-3]),
  'of which one is ordinary': boxOf([5, -1], [6, 1]),
};
const observations = tf.tensor2d([0.3, -2, 1.5, 0.1, -4, 7], [3, 2]);

/** Middle and half the width, where the policy counts in units of the box. */
const unitsOf = ({ low, high }: typeof usual) =>
  low.map((bound, i) => {
    const half = (high[i]! - bound) / 2;
    return bound === -1 && high[i] === 1 ? { middle: 0, half: 1 } : { middle: bound + half, half };
  });
const made = (name: string, actionSpace: object, options: object = {}) =>
  makePolicy<string>(name, { observationSpace, actionSpace, rng: new Rng('policy'), hidden: [8], ...options });

test.each<[string, number, number, 'raw' | 'units']>([
  ['of Pendulum', -2, 2, 'raw'],
  ['of Humanoid', -0.4, 0.4, 'raw'],
  ['from 0', 0, 1, 'raw'],
  ['from 0, wider', 0, 8, 'raw'],
  ['of a heading', -Math.PI, Math.PI, 'raw'],
  ['wider', -4.1, 4.1, 'units'],
  ['narrower', -0.24, 0.24, 'units'],
  ['not about 0', 0.5, 2, 'units'],
  ['below 0', -6, -5, 'units'],
  ['of one number', 3, 3, 'raw'],
  ['with one bound', 0, Number.POSITIVE_INFINITY, 'raw'],
  ['without bounds', Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 'raw'],
  ['at the ends of float32', -3.4028234663852886e38, 3.4028234663852886e38, 'raw'],
])('bounds %s, [%f, %f]: %s', (_, low, high, wanted) => {
  const rescale = boxRescale(boxOf([low], [high]));
  expect(rescale.isIdentity ? 'raw' : 'units').toBe(wanted);
  if (wanted === 'raw') return;
  const ends = rescale.forward(tf.tensor2d([-1, 0, 1], [3, 1])).dataSync();
  for (const [i, end] of [low, (low + high) / 2, high].entries()) expect(ends[i]).toBeCloseTo(end, 5);
});

const ENDS = 3.4028234663852886e38;
test.each([2e9, ENDS])('bounds ±%f stand for none, whatever the policy', (end) => {
  const wide = boxOf([-end, -1], [end, 1]);
  expect(halfWidths(wide)).toEqual([1, 1]);
  for (const name of ['gaussian', 'flow-matching', 'implicit']) {
    const policy = made(name, wide);
    expect(policy.actionScale!.isOpen, name).toBe(true);
    expect(policy.actionScale!.units(), name).toEqual({ shift: [0, 0], scale: [1, 1] });
    policy.standardizeActions({ mean: [7, 8], deviation: [2, 3] });
    expect(policy.actionScale!.units(), name).toEqual({ shift: [7, 0], scale: [2, 1] });
    policy.dispose();
  }
});

const rescaled = ['gaussian', 'gaussian-full', 'mixture', 'relaxed-mixture', 'realnvp', 'spline', 'continuous'];

describe.each(Object.entries(BOXES))('in the box %s', (title, box) => {
  const units = unitsOf(box);
  const logHalves = units.reduce((sum, { half }) => sum + Math.log(half), 0);

  test.each(title.startsWith('of') ? rescaled : ['gaussian'])(
    '%s is in units of the box what it is on [-1, 1], density and gradient too',
    (name) => {
      const [there, here] = [made(name, usual), made(name, box)];
      const drawn = (policy: typeof here) => {
        const of = (latent?: tf.Tensor) => policy.given(observations).logProb(latent!);
        const sample = policy.given(observations).sampleWithLogProb(new Rng('noise'));
        const { grads } = tf.variableGrads(() => tf.sum(of(sample.latent)) as tf.Scalar, policy.trainableVariables());
        const slopes = policy.trainableVariables().flatMap(({ name: key }) => [...(grads[key]?.dataSync() ?? [])]);
        const entropy = policy.given(observations).entropy?.().dataSync() ?? [];
        return {
          entropy: [...entropy],
          action: [...sample.action.dataSync()],
          logProb: [...sample.logProb.dataSync()],
          slopes,
        };
      };
      const [a, b] = [drawn(there), drawn(here)];
      const { middle, half } = { middle: units.map((of) => of.middle), half: units.map((of) => of.half) };
      expect(b.action).toEqual(
        a.action.map((u, i) => Math.fround(Math.fround(u * Math.fround(half[i % 2]!)) + Math.fround(middle[i % 2]!))),
      );
      b.logProb.forEach((got, i) => {
        expect(Math.abs(got - (a.logProb[i]! - logHalves))).toBeLessThan(1e-5 * (1 + Math.abs(got)));
      });
      b.entropy.forEach((got, i) => expect(got).toBeCloseTo(a.entropy[i]! + logHalves, 4));
      expect(b.slopes).toEqual(a.slopes);
      here.dispose();
      there.dispose();
    },
  );
});

test('a file keeps the units; one that does not speak of them means numbers as they are', () => {
  const box = BOXES['[0, 1000]'];
  const policy = made('gaussian', box);
  expect(policy.config!.options.squash).toBe('rescale');
  // In front of the others as ever: files of ordinary boxes are the same to the byte.
  expect(made('gaussian', usual).config!.options).toMatchObject({ squash: 'none' });
  const act = { greedy: true } as const;
  const { policy: again } = policyFromJson(policyToJson(policy));
  expect(again.act([1, 2], act)).toEqual(policy.act([1, 2], act));
  expect((policy.act([1, 2], act) as Float32Array)[0]).toBeGreaterThan(400);

  const raw = made('gaussian', box, { squash: 'none' });
  raw.loadStateDict(policy.stateDict());
  const { policy: old } = policyFromJson(policyToJson(raw));
  expect(old.config!.options.squash).toBe('none');
  expect((old.act([1, 2], act) as Float32Array).every((x) => x < 1)).toBe(true);
});

test('a file keeps whether data may give units: to a policy without bounds, before it is trained', () => {
  const { POSITIVE_INFINITY: end } = Number;
  for (const box of [boxOf([-end, -end], [end, end]), boxOf([-end, 5], [end, 6])]) {
    const policy = made('gaussian', box);
    const loaded = () => policyFromJson(policyToJson(policy)).policy;
    expect([policy, loaded()].map((each) => each.takesUnits)).toEqual([true, true]);
    for (const variable of policy.trainableVariables()) variable.assign(tf.add(variable, 0.5));
    expect([policy, loaded()].map((each) => each.takesUnits)).toEqual([false, false]);
    expect(loaded().act([1, 2], { greedy: true })).toEqual(policy.act([1, 2], { greedy: true }));
  }
});
