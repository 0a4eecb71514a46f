import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Box, Dict } from '../../envs/index.ts';
import {
  actionDensity,
  checkPolicy,
  type ImplicitPolicy,
  makePolicy,
  type Policy,
  policyFromJson,
  policyToJson,
  Rng,
  SteeredPolicy,
  sampleAction,
} from '../../src/index.ts';
import { hasDensity } from '../../src/policies/actionDistributions.ts';
import { observationSpace } from '../agents/offline/support.ts';
import { box, variablesOf } from '../agents/support.ts';
import { logDetJacobian } from '../oracle/calculus.ts';
import { normalLogPdf } from '../oracle/densities.ts';
import { mlp, under } from '../oracle/mlp.ts';
import { perturb } from '../support/perturb.ts';

const BOUND = 1.2;
const line = new Box({ low: [-1], high: [3] });
const images = new Dict({
  camera: new Box({ low: 0, high: 255, shape: [6, 6, 3], dtype: 'uint8' }),
  place: observationSpace,
});

/** A policy of this name, steered by another, both with weights of their own. */
function steered(name: string, given: object = {}, { steering = 'gaussian', space = box, seed = 0 } = {}) {
  const { observationSpace: seen = observationSpace, ...options } = given as { observationSpace?: Box };
  const policy = makePolicy('steered', {
    ...{ observationSpace: seen, actionSpace: space, rng: new Rng(seed), bound: BOUND },
    policy: { name, options: { hidden: [3], ...options } },
    steering: { name: steering, options: { hidden: [3], squash: 'tanh' } },
  } as never) as Policy as SteeredPolicy;
  for (const variable of policy.variables()) {
    // Moments of observations and units stay.
    const isFrozenNumber = variable.dtype !== 'float32' || !variable.trainable;
    if (!isFrozenNumber)
      variable.assign(tf.add(variable, tf.mul(0.3, new Rng(variable.shape.join()).normalTensor(variable.shape))));
  }
  return policy;
}

const acted = (policy: Policy): Float32Array =>
  tf.tidy(() => {
    const observations = new Rng('o').uniformTensor([3, policy.observationDim]);
    return sampleAction(policy.given(observations), new Rng('draws')).action.dataSync() as Float32Array;
  });

const OBSERVATION = [0.4, -1.1];

/** z, and log ρ(z | o), of a draw of N(0, I), in plain numbers. */
function chosen({ steering }: SteeredPolicy, draw: number[]) {
  const variables = variablesOf(steering);
  const location = mlp(under(variables, 'network'), OBSERVATION);
  let logProb = 0;
  const noise = draw.map((epsilon, i) => {
    const std = Math.exp(variables.logScale![i]!);
    const u = location[i]! + std * epsilon;
    logProb += normalLogPdf(u, location[i]!, std) - Math.log(BOUND * (1 - Math.tanh(u) ** 2));
    return BOUND * Math.tanh(u);
  });
  return { noise, logProb };
}

/** What `new Rng('draws')` draws for five rows. */
const drawn = () => {
  const stream = new Rng('draws');
  return Array.from({ length: 5 }, () => [...stream.fillNormal(new Float32Array(2))]);
};

describe('the density of a steered policy', () => {
  test.each([
    ['gaussian', {}],
    ['gaussian', { squash: 'tanh', scale: 'state' }],
    ['spline', {}],
    ['realnvp', { squash: 'tanh' }],
    ['maf', {}],
    ['continuous', {}],
  ])('of %s, %o, is that of the noise less the log-determinant of the map', (name, options) => {
    const policy = steered(name, options);
    const draws = drawn();
    const plain = draws.map((draw) => chosen(policy, draw));
    const { actions, logProbs, again } = tf.tidy(() => {
      const rows = tf.tile(tf.tensor2d([OBSERVATION]), [draws.length, 1]);
      const action = policy.actionsOf(rows, tf.tensor2d(plain.map(({ noise }) => noise)));
      const given = policy.given(rows);
      const sample = given.sampleWithLogProb(new Rng('draws'));
      expect([...sample.action.dataSync()]).toEqual([...action.dataSync()].map((a) => expect.closeTo(a, 4)));
      // The noise of actions is what they were made of.
      const noise = [...policy.noiseOf(rows, action).dataSync()];
      expect(noise).toEqual(plain.flatMap((each) => each.noise).map((z) => expect.closeTo(z, 3)));
      const found = given.logProb(given.unsquash(action));
      return {
        actions: action.arraySync() as number[][],
        logProbs: [...sample.logProb.dataSync()],
        again: [...found.dataSync()],
      };
    });
    // The map by itself, from the unsteered policy, differentiated by differences of its float32 numbers.
    const map = (noise: number[]) =>
      tf.tidy(() => [...policy.actionsOf(tf.tensor2d([OBSERVATION]), tf.tensor2d([noise])).dataSync()]);
    plain.forEach(({ noise, logProb }, i) => {
      expect(map(noise)).toEqual(actions[i]!.map((a) => expect.closeTo(a, 4)));
      const wanted = logProb - logDetJacobian(map, noise, 3e-3);
      expect(Math.abs(logProbs[i]! - wanted)).toBeLessThan(3e-3);
      expect(Math.abs(again[i]! - logProbs[i]!)).toBeLessThan(2e-3);
    });
  });

  test('of a Gaussian is exact in float64', () => {
    const policy = steered('gaussian');
    const draws = drawn();
    const variables = variablesOf(policy.policy);
    const location = mlp(under(variables, 'network'), OBSERVATION);
    const { action, logProb } = tf.tidy(() => {
      const given = policy.given(tf.tile(tf.tensor2d([OBSERVATION]), [draws.length, 1]));
      const sample = given.sampleWithLogProb(new Rng('draws'));
      return { action: sample.action.arraySync() as number[][], logProb: [...sample.logProb.dataSync()] };
    });
    draws.forEach((draw, row) => {
      const { noise, logProb: ofNoise } = chosen(policy, draw);
      noise.forEach((z, i) =>
        expect(action[row]![i]).toBeCloseTo(location[i]! + Math.exp(variables.logScale![i]!) * z, 5),
      );
      expect(logProb[row]).toBeCloseTo(ofNoise - variables.logScale!.reduce((sum, x) => sum + x, 0), 5);
    });
  });

  test.each(['gaussian', 'spline', 'realnvp', 'maf'])(
    'of one number by %s integrates to 1, and is 0 beyond the bounds of the noise',
    (name) => {
      const policy = steered(name, {}, { space: line });
      tf.tidy(() => {
        const cells = 10_000;
        const ends = tf.tidy(() => {
          const rows = tf.tensor2d([OBSERVATION, OBSERVATION]);
          return [...policy.actionsOf(rows, tf.tensor2d([[-BOUND], [BOUND]])).dataSync()].sort((a, b) => a - b);
        });
        const [low, high] = [ends[0]! - 1, ends[1]! + 1];
        const width = (high - low) / cells;
        const actions = Float32Array.from({ length: cells }, (_, i) => low + (i + 0.5) * width);
        const density = actionDensity(policy, OBSERVATION);
        const logProbs = [...density.logProb(tf.tensor2d(actions, [cells, 1])).dataSync()];
        const total = logProbs.reduce((sum, logProb) => sum + Math.exp(logProb) * width, 0);
        expect(Math.abs(total - 1)).toBeLessThan(0.01);
        actions.forEach((action, i) => {
          if (Math.abs(action - ends[0]!) < 0.01 || Math.abs(action - ends[1]!) < 0.01) return;
          expect(Number.isFinite(logProbs[i]!)).toBe(action > ends[0]! && action < ends[1]!);
        });
      });
    },
  );

  test('of flow matching is that of its exact form, and by samples there is none', () => {
    const policy = steered('flow-matching', { activation: 'tanh', steps: 40 });
    expect([hasDensity(policy), hasDensity(policy.exact())]).toEqual([false, true]);
    const [sampled, exact] = [policy, policy.exact()].map(acted);
    const within = [...exact!].map((a, i) => Math.min(Math.max(a, box.low[i % 2]!), box.high[i % 2]!));
    expect(within).toEqual([...sampled!].map((a) => expect.closeTo(a, 2)));
    expect(() => policy.given(tf.tensor2d([OBSERVATION])).logProb(tf.zeros([1, 2]))).toThrow(
      'SteeredPolicy: logProb: it has samples and no density',
    );
    expect(checkPolicy(policy.exact())).toEqual([]);
    expect(() => policy.noiseOf(tf.tensor2d([OBSERVATION]), tf.zeros([1, 2]))).toThrow(
      /^SteeredPolicy.noiseOf: policy: got a FlowMatchingPolicy, whose noise is not known/,
    );
    const implicit = steered('implicit');
    expect(() => actionDensity(implicit, OBSERVATION)).toThrow(
      /^actionDensity: policy: got SteeredPolicy, which has samples and no density/,
    );
  });
});

describe('a steered policy', () => {
  test.each([
    ['gaussian', 'gaussian'],
    ['spline', 'spline'],
    ['flow-matching', 'gaussian'],
    ['flow-matching', 'realnvp'],
    ['implicit', 'mixture'],
  ])('of %s, by %s, keeps the contract of policies', (name, steering) => {
    expect(checkPolicy(steered(name, {}, { steering }))).toEqual([]);
  });

  test('acts greedily where most of its actions are, and not by the mode of its noise, which may lie between two ways', () => {
    const line = new Box({ low: [-2], high: [2] });
    const policy = steered('implicit', { hidden: [1], activation: 'tanh', squash: 'none' }, { space: line });
    const { network } = policy.policy as ImplicitPolicy;
    const values = [[0, 0, 40], [0], [0.5], [0]];
    network.trainableVariables().forEach((variable, i) => variable.assign(tf.tensor(values[i]!, variable.shape)));
    for (const variable of policy.steering.trainableVariables()) variable.assign(tf.zerosLike(variable));
    tf.tidy(() => {
      const observations = tf.tensor2d([OBSERVATION]);
      expect(policy.noiseGiven(observations).mode!().dataSync()[0]).toBe(0);
      expect(policy.actionsOf(observations, tf.zeros([1, 1])).dataSync()[0]).toBe(0);
      // Half the width of the bounds is 2, and so are the actions ±1.
      expect(Math.abs(policy.greedy(observations).action.dataSync()[0]!)).toBeCloseTo(1, 1);
    });
  });

  test('trains its steering alone, and lets the rest be', () => {
    const policy = steered('flow-matching');
    const trainable = new Set(policy.trainableVariables());
    expect([...trainable]).toEqual(policy.steering.trainableVariables());
    for (const variable of policy.policy.variables()) expect(trainable.has(variable)).toBe(false);
    const norms = tf.tidy(() => {
      const loss = () => tf.sum(sampleAction(policy.given(tf.tensor2d([OBSERVATION])), new Rng(1)).latent) as tf.Scalar;
      const { grads } = tf.variableGrads(loss, [...trainable]);
      return Object.values(grads).map((gradient) => tf.max(tf.abs(gradient)).dataSync()[0]!);
    });
    expect(Math.max(...norms)).toBeGreaterThan(1e-3);
  });

  test.each<[string, string, object, string?]>([
    ['flow-matching', 'by Euler', { solver: 'euler', steps: 3 }],
    ['flow-matching', 'of chunks', { chunk: 2 }],
    ['gaussian', 'normalized', { normalizeObservations: true, clipObservations: 2 }],
    ['spline', 'within bounds, by a flow', { squash: 'tanh' }, 'spline'],
    ['implicit', 'by default', {}],
    ['flow-matching', 'of images', { observationSpace: images, encoder: 'small' }],
  ])('of %s, %s, is loaded as it was saved: it acts the same', (name, _, given, steering = 'gaussian') => {
    const policy = steered(name, given, { steering });
    const text = policyToJson(policy, { step: 7 });
    const { policy: loaded, about } = policyFromJson(text);
    expect([about, loaded.constructor]).toEqual([{ step: 7 }, SteeredPolicy]);
    expect(acted(loaded)).toEqual(acted(policy));
    expect(policyToJson(loaded, about) === text).toBe(true);
    const others = policyFromJson(text).policy as Policy as SteeredPolicy;
    perturb(others.steering, new Rng(9));
    expect(acted(others)).not.toEqual(acted(policy));
    for (const each of [policy, loaded, others]) each.dispose();
  });

  test('sees what the networks of the frozen policy see', () => {
    const policy = steered('gaussian', { normalizeObservations: true });
    const before = acted(policy);
    policy.policy.normalizer!.setMoments({ mean: [1, -2], variance: [4, 9], count: 10 });
    const [noise, wanted] = tf.tidy(() => {
      const observations = tf.tensor2d([OBSERVATION]);
      const seen = tf.tensor2d([[(OBSERVATION[0]! - 1) / 2, (OBSERVATION[1]! + 2) / 3]]);
      return [policy.noiseGiven(observations), policy.steering.given(seen)].map((given) => [
        ...given.mode!().dataSync(),
      ]);
    });
    expect(noise).toEqual(wanted!.map((x) => expect.closeTo(x, 5)));
    expect(acted(policy)).not.toEqual(before);
  });

  test('goes to ONNX', () => {
    const { inputs, outputs } = steered('flow-matching').toOnnx();
    expect(inputs.map(({ name }) => name)).toEqual(['observations', 'noise0']);
    expect(outputs.map(({ name }) => name)).toEqual(['action', 'latent']);
    expect(
      steered('spline')
        .toOnnx()
        .outputs.map(({ name }) => name),
    ).toEqual(['action', 'latent', 'logProb']);
  });

  test.each<[object, RegExp]>([
    [{ policy: { name: 'gausian' } }, /^makePolicy\('gausian'\): unknown policy, .*did you mean gaussian/],
    [
      { policy: { name: 'mixture' } },
      /^makePolicy\('steered'\): policy: got a MixturePolicy, expected one that takes noise/,
    ],
    [
      { policy: { name: 'flow-matching', options: { memory: 'gru' } } },
      /^makePolicy\('steered'\): policy: got one with a memory/,
    ],
    [
      { steering: { name: 'flow-matching' } },
      /^SteeredPolicy: steering: got a FlowMatchingPolicy, expected a policy with a density/,
    ],
    [
      { steering: { name: 'gaussian', options: { memory: 'gru' } } },
      /^SteeredPolicy: steering: got one with a memory, expected one without/,
    ],
    [
      { steering: { name: 'gaussian' } },
      /^SteeredPolicy: steering: got noise of 1.*, expected at most 1.5, by squash: 'tanh'/,
    ],
    [{ bound: -1 }, /^makePolicy\('steered'\): bound: got -1/],
  ])('made of %j is refused in one line, and what was made is freed', (options, message) => {
    const before = tf.memory().numTensors;
    const parts = { policy: { name: 'gaussian' }, steering: { name: 'gaussian', options: { squash: 'tanh' } } };
    const all = { observationSpace, actionSpace: box, rng: new Rng(0), ...parts, ...options };
    expect(() => makePolicy('steered', all as never)).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });
});
