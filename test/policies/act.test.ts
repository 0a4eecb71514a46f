import * as tf from '@tensorflow/tfjs-core';
import { expect, test, vi } from 'vitest';
import { Box, Dict, Discrete, MultiBinary, MultiDiscrete, Text } from '../../envs/index.ts';
import { FlowPolicy, GaussianPolicy, makePolicy, neuralSplineFlow } from '../../src/index.ts';
import { Rng } from '../../src/random.ts';

const observationSpace = { low: [-1, -1, -1, -1], high: [1, 1, 1, 1], shape: [2, 2] };
const actionSpace = { low: [-2, -1], high: [2, 1], shape: [2] };
const observation = [0.1, 0.2, 0.3, 0.4];
const gaussian = (seed = 0) =>
  makePolicy('gaussian', { observationSpace, actionSpace, rng: new Rng(seed), hidden: [8], initialScale: 3 });

test('gives what an actor of batch 1 does, clipped to the bounds, in arrays of their own', () => {
  const policy = gaussian();
  const actor = policy.actor({ rng: new Rng('act') });
  const got = Array.from({ length: 20 }, () => policy.act(observation) as Float32Array);
  const wanted = got.map(() => Float32Array.from(actor.act(observation).action));
  expect(wanted.some(([x, y]) => Math.abs(x!) > 2 || Math.abs(y!) > 1)).toBe(true);
  expect(got).toEqual(
    wanted.map(([x, y]) => Float32Array.of(Math.min(Math.max(x!, -2), 2), Math.min(Math.max(y!, -1), 1))),
  );
  policy.dispose();
});

test('greedy on request, by the stream that is given, or by one of its own that begins anew', () => {
  const [policy, again] = [gaussian(), gaussian()];
  const greedy = policy.act(observation, { greedy: true });
  expect(policy.act(observation, { greedy: true })).toEqual(greedy);
  const mode = tf.tidy(() => policy.given(tf.tensor2d([observation])).mode!().dataSync());
  expect([...(greedy as Float32Array)]).toEqual([...mode].map((x) => expect.closeTo(x, 5)));
  const named = policy.act(observation, { rng: new Rng('noise') });
  expect(policy.act(observation, { rng: new Rng('noise') })).toEqual(named);
  // Neither took from the policy's own stream.
  expect(policy.act(observation)).toEqual(again.act(observation));
  expect(policy.act(observation)).not.toEqual(named);
});

test('takes numbers flat or nested, in arrays of any kind', () => {
  const policy = gaussian();
  const greedy = policy.act(observation, { greedy: true });
  for (const same of [
    Float64Array.from(observation),
    [
      [0.1, 0.2],
      [0.3, 0.4],
    ],
    [Float64Array.of(0.1, 0.2), [0.3, [0.4]]],
  ]) {
    expect(policy.act(same, { greedy: true })).toEqual(greedy);
  }
});

test('a number where actions are discrete', () => {
  const policy = makePolicy('categorical', { observationSpace, actionSpace: { n: 3, start: 5 }, rng: new Rng(0) });
  const actions = Array.from({ length: 50 }, () => policy.act(observation));
  expect([...new Set(actions)].sort()).toEqual([5, 6, 7]);
  expect(policy.act(observation, { greedy: true })).toBeTypeOf('number');
});

test('sees the variables and the normalizer of the moment', () => {
  const policy = gaussian();
  const before = policy.act(observation, { greedy: true }) as Float32Array;
  policy.loadStateDict(gaussian(1).stateDict());
  const after = policy.act(observation, { greedy: true });
  expect(after).not.toEqual(before);
  expect(gaussian(1).act(observation, { greedy: true })).toEqual(after);
  for (const clip of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => policy.normalizeObservations({ clip })).toThrow(
      `ObservationNormalizer: clip: got ${clip}, expected a number > 0`,
    );
  }
  policy.normalizeObservations({ clip: 0.05 });
  expect(policy.act(observation, { greedy: true })).toEqual(policy.act([1, 1, 1, 1], { greedy: true }));
});

test('a policy without a known space keeps its own bounds, or none', () => {
  const rng = new Rng(0);
  const wide = new GaussianPolicy({ observationDim: 1, actionDim: 1, initialScale: 100, rng });
  const actions = Array.from({ length: 9 }, () => (wide.act(0.5) as Float32Array)[0]!);
  expect(Math.max(...actions.map(Math.abs))).toBeGreaterThan(10);
  const flow = new FlowPolicy({ flow: neuralSplineFlow({ dim: 2, contextDim: 1, hidden: [4], rng }) });
  expect(flow.act([0])).toHaveLength(2);
});

test.each([
  [[0.1, 0.2, 0.3], 'observation: got [0.1,0.2,0.3], expected 4 numbers'],
  [[0.1, 0, 1e300, 0], 'observation: got 1e+300 at 2'],
  [Float32Array.of(0, 0, 0, Infinity), 'observation: got Infinity at 3'],
  [[1n, 0, 0, 0], 'observation: got 1n'],
  [{ position: 1 }, 'observation: got {"position":1}'],
])('refuses %o in one line, and acts on', (wrong, message) => {
  const policy = gaussian();
  expect(() => policy.act(wrong as never)).toThrow(`GaussianPolicy.act: ${message}`);
  expect(policy.act(observation)).toEqual(gaussian().act(observation));
});

test('is freed with the policy', () => {
  const { numTensors } = tf.memory();
  const policy = gaussian();
  policy.act(observation);
  policy.act(observation, { greedy: true });
  policy.dispose();
  expect(tf.memory().numTensors).toBe(numTensors);
  expect(() => policy.act(observation)).toThrow(new Error('GaussianPolicy.act: called after dispose'));
});

test('takes observations of any space as the environment gives them, and gives what its step takes', () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  const space = new Dict<{ place: number; view: Uint8Array; word: string; at: Float32Array }>({
    place: new Discrete(3, 1),
    view: new Box({ low: 0, high: 255, shape: [2], dtype: 'uint8' }),
    word: new Text(5),
    at: new Box({ low: -1, high: 1, shape: [1] }),
  });
  const actions = { a: new Discrete(3, 4), b: new MultiDiscrete([2, 3]), c: new MultiBinary(2) };
  const name = { a: 'categorical', b: 'multi-categorical', c: 'multi-categorical' } as const;
  const rng = new Rng(0);
  for (const key of ['a', 'b', 'c'] as const) {
    const policy = makePolicy(name[key], { observationSpace: space, actionSpace: actions[key], rng, hidden: [4] });
    const seen = { place: 2, view: Uint8Array.of(0, 51), word: 'go', at: Float32Array.of(0.5) };
    expect(actions[key].violation(policy.act(seen))).toBeUndefined();
    const flat = tf.tensor2d([[0.5, 0, 1, 0, 0, 0.2]]);
    const greedy = policy.greedy(flat).action.dataSync();
    const acted = policy.act(seen, { greedy: true });
    expect(typeof acted === 'number' ? [acted] : [...acted]).toEqual([...greedy]);
    expect(() => policy.act({ ...seen, place: 4 })).toThrow(/^\w+Policy\.act: observation\.place: got 4/);
    policy.dispose();
  }
});

test('a policy that masks actions is told the mask', () => {
  const policy = makePolicy('categorical', {
    observationSpace: { n: 4, start: 0 },
    actionSpace: { n: 3, start: 0 },
    rng: new Rng(0),
    actionMask: true,
  });
  for (let i = 0; i < 20; i++) expect(policy.act(1, { actionMask: [false, true, false] })).toBe(1);
  expect(() => policy.act(1)).toThrow(
    'CategoricalPolicy.act: actionMask: got none, expected one for every observation, as the policy masks actions',
  );
  expect(() => policy.act(1, { actionMask: [0, 0, 0] })).toThrow('got [0,0,0], expected one that allows something');
  policy.dispose();
});
