import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Box, Discrete, MultiBinary, MultiDiscrete } from '../../envs/index.ts';
import {
  type CategoricalPolicy,
  checkPolicy,
  compile,
  type MultiCategoricalPolicy,
  makePolicy,
  policyFromJson,
  policyToJson,
  Rng,
  valueAndGradients,
} from '../../src/index.ts';
import { flat, unflat, variablesOf } from '../agents/support.ts';
import { gradient } from '../oracle/calculus.ts';
import { mlp, under, type Variables } from '../oracle/mlp.ts';
import { perturb } from '../support/perturb.ts';

const observationSpace = new Box({ low: -1, high: 1, shape: [2] });
const nvec = [3, 2, 4];
const start = [0, 5, -1];

const multi = (options = {}) =>
  perturb(
    makePolicy('multi-categorical', {
      observationSpace,
      actionSpace: new MultiDiscrete(nvec, start),
      rng: new Rng(0),
      hidden: [5],
      ...options,
    }) as MultiCategoricalPolicy,
    new Rng('weights'),
  );
const single = (options = {}) =>
  perturb(
    makePolicy('categorical', {
      observationSpace,
      actionSpace: new Discrete(4, 3),
      rng: new Rng(0),
      hidden: [5],
      ...options,
    }) as CategoricalPolicy,
    new Rng('weights'),
  );

const rows = (text: string): number[][] => text.split(' | ').map((row) => row.split(' ').map(Number));
const seen = rows('0.5 -1 | -0.2 0.8 | 1 1');
/** Masks of the rows: all, some, one of each; of the last entry nothing once, which counts as all. */
const multiMasks = rows('1 1 1 1 1 1 1 1 1 | 1 0 1 0 1 0 1 1 0 | 0 0 1 1 0 0 0 0 0');
const singleMasks = rows('1 1 1 1 | 0 1 0 1 | 0 0 1 0');
const withMasks = (masks: number[][]) => tf.tensor2d(seen.map((row, i) => [...row, ...masks[i]!]));

/** The policy in float64: for each observation and each entry, the probabilities of its choices. */
function probabilities(of: Variables, sizes: readonly number[], masks?: number[][]): number[][][] {
  return seen.map((observation, row) => {
    const logits = mlp(under(of, 'network'), observation);
    let at = 0;
    return sizes.map((n) => {
      const own = logits.slice(at, at + n);
      const mask = masks === undefined ? own.map(() => 1) : masks[row]!.slice(at, at + n);
      at += n;
      const isStuck = mask.every((allowed) => allowed === 0);
      const weights = own.map((logit, k) => (mask[k] || isStuck ? Math.exp(logit) : 0));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return weights.map((weight) => weight / total);
    });
  });
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const entropyOf = (entries: number[][]) =>
  -sum(entries.flatMap((each) => each.map((p) => (p === 0 ? 0 : p * Math.log(p)))));

const [several, one] = [
  { make: multi, sizes: nvec, latents: rows('2 0 3 | 0 1 2 | 2 0 1') },
  { make: single, sizes: [4], latents: rows('3 | 1 | 2') },
];
const cases = [
  { name: 'multi-discrete', ...several, masks: undefined },
  { name: 'multi-discrete, masked', ...several, masks: multiMasks },
  { name: 'discrete', ...one, masks: undefined },
  { name: 'discrete, masked', ...one, masks: singleMasks },
];

describe.each(cases)('$name', ({ make, sizes, latents, masks }) => {
  const policy = () => make({ actionMask: masks !== undefined });
  const observations = () => (masks === undefined ? tf.tensor2d(seen) : withMasks(masks));

  test('log-probabilities, entropy, mode and what is forbidden, beside float64', () => {
    const made = policy();
    const wanted = probabilities(variablesOf(made), sizes, masks);
    const distribution = made.given(observations());
    const logProb = distribution.logProb(tf.tensor2d(latents)).dataSync();
    const entropy = distribution.entropy!().dataSync();
    const mode = distribution.mode!().arraySync() as number[][];
    wanted.forEach((entries, row) => {
      expect(logProb[row]).toBeCloseTo(sum(entries.map((each, i) => Math.log(each[latents[row]![i]!]!))), 5);
      expect(entropy[row]).toBeCloseTo(entropyOf(entries), 5);
      expect(mode[row]).toEqual(entries.map((each) => each.indexOf(Math.max(...each))));
    });
    // One choice at a time in the place of an allowed one.
    wanted.forEach((entries, row) =>
      entries.forEach((each, i) =>
        each.forEach((p, k) => {
          const at = latents.map((latent, r) => (r === row ? latent.with(i, k) : latent));
          const got = Math.exp(distribution.logProb(tf.tensor2d(at)).dataSync()[row]!);
          const others = sum(entries.map((other, j) => (j === i ? 0 : Math.log(other[latents[row]![j]!]!))));
          expect(got).toBeCloseTo(p * Math.exp(others), 6);
          if (p === 0) expect(got).toBe(0);
        }),
      ),
    );
  });

  test.each([0.01, 5])('gradients of −Σ log π − %s Σ H, beside float64, eager and compiled', (coefficient) => {
    const made = policy();
    const variables = made.trainableVariables();
    const loss = (seenRows: tf.Tensor) => {
      const distribution = made.given(seenRows);
      const entropy = tf.mul(coefficient, tf.sum(distribution.entropy!()));
      return { loss: tf.neg(tf.add(tf.sum(distribution.logProb(tf.tensor2d(latents))), entropy)) };
    };
    const of = variablesOf(made);
    const inFloat64 = (values: number[]) => {
      const all = probabilities(unflat(of, values), sizes, masks);
      const logs = all.map((entries, row) => sum(entries.map((each, i) => Math.log(each[latents[row]![i]!]!))));
      return -sum(logs) - coefficient * sum(all.map(entropyOf));
    };
    const wanted = gradient(inFloat64, flat(of));
    const check = (gradients: tf.Tensor[]) => {
      const got = gradients.flatMap((each) => [...each.dataSync()]);
      expect(got.length).toBe(wanted.length);
      got.forEach((value, i) => expect(value / (1 + coefficient)).toBeCloseTo(wanted[i]! / (1 + coefficient), 4));
    };
    check(valueAndGradients(() => loss(observations()), variables).gradients);
    const compiled = compile(
      ({ rows }: { rows: tf.Tensor }) => {
        const { gradients } = valueAndGradients(() => loss(rows), variables);
        return Object.fromEntries(gradients.map((each, i) => [`g${i}`, each]));
      },
      { name: 'test/gradients', state: [made] },
    );
    check(Object.values(compiled({ rows: observations() })));
    compiled.dispose();
  });

  test('a sample has its log-probability, and is never a forbidden one', () => {
    const made = policy();
    const rows = tf.tile(observations(), [200, 1]);
    const { latent, action, logProb } = made.given(rows).sampleWithLogProb(new Rng(3));
    const wanted = probabilities(variablesOf(made), sizes, masks);
    const starts = sizes.length === 1 ? [3] : start;
    const drawn = latent.arraySync() as number[][];
    expect(action.arraySync()).toEqual(drawn.map((one) => one.map((k, i) => k + starts[i]!)));
    drawn.forEach((one, r) => {
      const p = one.map((k, i) => wanted[r % seen.length]![i]![k]!);
      expect(logProb.dataSync()[r]).toBeCloseTo(sum(p.map(Math.log)), 5);
    });
  });

  test('is a policy by the contract, also when it normalizes, and networks do not see masks', () => {
    checkPolicy(policy(), { samples: 100 });
    checkPolicy(make({ actionMask: masks !== undefined, normalizeObservations: true }));
    const made = policy();
    expect(made.observationDim).toBe(2 + made.maskDim);
    expect(made.normalized(observations()).shape).toEqual([3, 2]);
  });
});

test('the greedy action and the actor are allowed ones', () => {
  const policy = single({ actionMask: true });
  const actions = policy.greedy(withMasks(singleMasks)).action.dataSync();
  expect(actions[2]).toBe(5);
  const actor = policy.actor({ rng: new Rng(0), batch: 3, greedy: true });
  expect([...actor.act(withMasks(singleMasks).dataSync()).action]).toEqual([...actions]);
  actor.dispose();
});

test('zeros and ones are choices of two', () => {
  const policy = makePolicy('multi-categorical', {
    observationSpace,
    actionSpace: new MultiBinary([2, 2]),
    hidden: [4],
    rng: new Rng(0),
  });
  expect([policy.actionDim, policy.config!.actionSpace]).toEqual([4, { binaries: 4 }]);
  checkPolicy(policy);
  const { action } = policy.given(tf.tile(tf.tensor2d([[1, 0]]), [50, 1])).sampleWithLogProb(new Rng(1));
  expect(new Set(action.dataSync())).toEqual(new Set([0, 1]));
});

test('is saved with its space and its mask, and exported', () => {
  const policy = multi({ actionMask: true });
  const { policy: loaded } = policyFromJson(policyToJson(policy));
  expect(loaded.config).toEqual(policy.config);
  expect(loaded.config!.actionSpace).toEqual({ nvec, start });
  expect([loaded.observationDim, loaded.maskDim]).toEqual([11, 9]);
  expect(loaded.stateDict()).toEqual(policy.stateDict());
  expect(policy.toOnnx().inputs.map(({ name }) => name)).toEqual(['observations', 'noise0', 'noise1', 'noise2']);
});
