import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  builtinFlows,
  checkPolicy,
  compile,
  EpsilonGreedyPolicy,
  type FlowDefinition,
  type FlowPolicy,
  makePolicy,
  type Policy,
  policies,
  policyFromJson,
  policyToJson,
  Rng,
  sampleAction,
  withDensity,
} from '../../src/index.ts';
import { hasDensity } from '../../src/policies/actionDistributions.ts';
import { expectVolume, integral, onACircle, onALine } from '../support/densityChecks.ts';
import { spacesFor } from './spacesFor.ts';

const families: Readonly<Record<string, FlowDefinition>> = builtinFlows;
const known = policies();
/** Their densities have jumps, at the bounds of the space and of bins. */
const BOUNDED = ['autoregressive-categorical', 'truncated-normal'];
/** Have samples alone, and no way to a density. */
const SAMPLES_ALONE = ['implicit', 'minimal-iterative'];

function make(name: string, options: object = {}): Policy {
  const info = known.find((each) => each.name === name)!;
  return makePolicy(name, { ...spacesFor(info), rng: new Rng(name), hidden: [6], ...options });
}

/** Trainable variables moved by a little, so that all of them matter. */
function moved(policy: Policy, std = 0.2): Policy {
  const rng = new Rng('moved');
  tf.tidy(() => {
    for (const variable of policy.trainableVariables()) {
      variable.assign(tf.add(variable, tf.mul(rng.normalTensor(variable.shape), std)));
    }
  });
  return policy;
}

const numbers = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());
const observations = () => new Rng('observations').normalTensor([4, 3]);
/** A sample with its log-probability where there is one, of a policy without a density by its exact one. */
const sampled = (policy: Policy, seen = observations()) => {
  const { action, latent, logProb } = sampleAction(policy.given(seen), new Rng('noise'));
  expect(logProb !== undefined).toBe(hasDensity(policy));
  if (SAMPLES_ALONE.includes(policy.config!.name)) return { action, latent };
  return { action, latent, logProb: logProb ?? withDensity('test', policy).given(seen).logProb(latent) };
};

describe.each(known)('$name', ({ name, actions }) => {
  test('samples what it says, and is the same from a file', () => {
    const policy = moved(make(name));
    const { action, latent, logProb } = sampled(policy);
    if (logProb !== undefined) {
      const again = numbers(withDensity('test', policy).given(observations()).logProb(latent));
      numbers(logProb).forEach((value, i) =>
        expect(Math.abs(value - again[i]!)).toBeLessThan(2e-4 * (1 + Math.abs(value))),
      );
    }
    const { policy: loaded } = policyFromJson(policyToJson(policy));
    expect(loaded.config).toEqual(policy.config);
    for (const [key, tensor] of Object.entries(sampled(loaded)) as [string, tf.Tensor][]) {
      expect(numbers(tensor)).toEqual(numbers({ action, latent, logProb }[key]!));
    }
  });

  test.runIf(actions === 'box' && !SAMPLES_ALONE.includes(name))(
    'the density of its latent values integrates to 1, and is that of its samples',
    () => {
      const policy = moved(make(name), 0.1);
      const compiled = <T extends Record<string, tf.Tensor>>(fn: (inputs: Record<string, tf.Tensor>, rng: Rng) => T) =>
        compile(fn, { name: 'policy', state: [policy] });
      const rows = (count: number) => tf.tile(tf.slice(observations(), 0, 1), [count, 1]);
      const exact = withDensity('test', policy);
      const logLatent = (seen: tf.Tensor, at: tf.Tensor) => {
        const given = exact.given(seen);
        return tf.add(given.logProb(at), given.squashLogDet?.(at) ?? 0);
      };
      const density = compiled(({ seen, at }) => ({ logProb: logLatent(seen!, at!) }));
      const logProb = (x: number[][]) => numbers(density({ seen: rows(x.length), at: tf.tensor2d(x) }).logProb);
      const draw = compiled(({ seen }, rng) => {
        const { latent } = sampleAction(policy.given(seen!), rng);
        return { latent, logProb: logLatent(seen!, latent) };
      });
      const { latent, logProb: own } = draw({ seen: rows(20_000) }, new Rng('draws'));
      const draws = { sample: latent.arraySync() as number[][], logProb: numbers(own) };
      const isCircular = families[name]?.angles === true;
      const bounds = isCircular
        ? ([-Math.PI, Math.PI] as const)
        : BOUNDED.includes(name)
          ? ([-2, 2] as const)
          : undefined;
      expect(Math.abs(integral(draws, logProb, { cells: 100, ...(bounds && { bounds }) }) - 1)).toBeLessThan(0.01);
      expectVolume(draws, isCircular ? onACircle : onALine);
    },
  );

  test('its greedy action is that of the observation, wherever it stands in a batch', () => {
    const policy = moved(make(name));
    const greedy = (seen: tf.Tensor) => numbers(policy.greedy(seen).action);
    const alone = tf.split(observations(), 4).flatMap(greedy);
    expect(greedy(observations())).toEqual(alone.map((value) => expect.closeTo(value, 4)));
    const reversed = greedy(tf.reverse(observations(), 0));
    const rows = Array.from({ length: 4 }, (_, i) =>
      reversed.slice((3 - i) * policy.actionDim).slice(0, policy.actionDim),
    );
    expect(rows.flat()).toEqual(alone.map((value) => expect.closeTo(value, 4)));
  });

  test.each(['none', 'tanh', 'wrap'])('checkPolicy finds nothing wrong, squash %s', (squash) => {
    for (const std of [0, 0.1]) {
      let policy: Policy;
      try {
        policy = moved(make(name, { squash }), std);
      } catch (error) {
        // Not every policy has every squash.
        expect(squash).not.toBe('none');
        expect((error as Error).message).toMatch(/squash|angles/);
        return;
      }
      checkPolicy(policy, { gradients: !(policy instanceof EpsilonGreedyPolicy), samples: 1000 });
      policy.dispose();
    }
  });

  test('all its networks see the observations that it normalizes', () => {
    const policy = moved(make(name, { normalizeObservations: true }));
    const plain = moved(make(name));
    const moments = { mean: [4, 1, -50], variance: [0.25, 9, 100], count: 10 };
    const raw = tf.tensor2d([
      [4.2, 3, -49],
      [3.1, -2, -45],
    ]);
    const seen = tf.div(tf.sub(raw, moments.mean), moments.variance.map(Math.sqrt));
    policy.normalizer!.setMoments(moments);
    const [got, wanted] = [sampled(policy, raw), sampled(plain, seen)];
    for (const key of ['latent', 'logProb'] as const) {
      if (got[key] === undefined) continue;
      numbers(got[key]).forEach((value, i) => expect(value).toBeCloseTo(numbers(wanted[key]!)[i]!, 4));
    }
  });
});

describe.each(Object.entries(families))('the policy of the flow %s', (name, { options }) => {
  test('each of its options reaches the flow', () => {
    const count = (changed: object) => {
      const fewLayers = 'layers' in options ? { layers: 2 } : {};
      const policy = moved(make(name, { ...fewLayers, ...changed })) as FlowPolicy;
      return [policy.flow.parameterCount(), ...numbers(sampled(policy).logProb!)];
    };
    const schema = known.find((each) => each.name === name)!.options.properties as Record<
      string,
      { default?: number; type?: string; minimum?: number }
    >;
    for (const option of Object.keys(options)) {
      const usual = schema[option]!.default ?? 2;
      if (typeof usual !== 'number') continue;
      // One more may give the same bits, as of steps that are enough, or of a rank that the dimension bounds.
      const least = schema[option]!.minimum ?? 1;
      const [same, few, more] = [usual, least, usual + 1].map((value) => count({ [option]: value }));
      expect([few, more], option).not.toEqual([same, same]);
    }
  });
});
