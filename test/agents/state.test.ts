import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { PolicyUpdates } from '../../agents/core/policyGradient.ts';
import { MeanMetrics } from '../../agents/core/state.ts';
import { type EpisodeReport, episodeStatistics, stateFromJson, stateToJson } from '../../agents/index.ts';
import type { Info } from '../../envs/index.ts';
import { Adam, compile, Mlp, Rng, valueAndGradients } from '../../src/index.ts';

test('arrays and numbers come back to the bit', () => {
  const state = {
    float32: Float32Array.of(1, -0, Number.NaN, 1e-45),
    float64: new Float64Array([Math.PI, Number.NEGATIVE_INFINITY]).subarray(1),
    int32: Int32Array.of(-(2 ** 31)),
    uint8: Uint8Array.of(255),
    list: [-0, Number.NaN, Number.POSITIVE_INFINITY, 0.1, null, 'text', true, {}],
    tagged: { $number: 1, other: 2 },
  };
  expect(stateFromJson(stateToJson(state))).toEqual(state);
});

class Own {
  readonly x = 1;
}

test.each<[string, unknown]>([
  ['Map', new Map([['a', 1]])],
  ['Set', new Set([1])],
  ['Date', new Date(0)],
  ['Own', new Own()],
  ['BigInt64Array', new BigInt64Array(1)],
  ['DataView', new DataView(new ArrayBuffer(4))],
  ['function', () => 1],
  ['bigint', 1n],
  ['undefined', [undefined]],
  ['object with $float32 alone', { $float32: 'AAAA' }],
  ['object with $number alone', { $number: 1 }],
])('a state holds no %s', (what, value) => {
  expect(() => stateToJson({ value })).toThrow(`stateToJson: a state holds no ${what}`);
});

const bytes = (count: number) => Buffer.alloc(count).toString('base64');

test.each([
  [`{"$float32":"${bytes(5)}"}`, '$float32: got 5 bytes'],
  [`{"a":{"$float64":"${bytes(12)}"}}`, '$float64: got 12 bytes'],
  ['{"$int32":7}', '$int32: got no base64'],
  ['{"$uint8":"%%%"}', '$uint8: got no base64'],
  ['{"$number":"evil"}', '$number: got "evil"'],
  ['{"$number":{"$number":"NaN"}}', '$number: got {"$number":"NaN"}'],
  ['{"a":', 'Unexpected end'],
  ['['.repeat(100_000), 'JSON nested deeper than 500 levels'],
])('what is no state is refused: case %#', (text, problem) => {
  expect(() => stateFromJson(text)).toThrow(`stateFromJson: ${problem}`);
});

test('nor is one written that is nested too deep to be read', () => {
  let state: unknown = 0;
  for (let i = 0; i < 500; i++) state = [state];
  expect(stateFromJson(stateToJson(state))).toEqual(state);
  expect(() => stateToJson([state])).toThrow('JSON nested deeper than 500 levels');
});

test('metrics are the means of each name since the last time; none and no number are refused', () => {
  const metrics = new MeanMetrics<'loss' | 'entropy'>('Ppo');
  expect(metrics.take()).toEqual({});
  metrics.add(1, { loss: 1, entropy: -4 });
  metrics.add(2, { entropy: 2, loss: 3 });
  expect(JSON.stringify(metrics.take())).toBe('{"loss":2,"entropy":-1}');
  expect(metrics.take()).toEqual({});
  metrics.add(3, { loss: 7, entropy: 0 });
  expect(metrics.take()).toEqual({ loss: 7, entropy: 0 });
  expect(() => metrics.add(12, { loss: Infinity, entropy: 0 })).toThrow(/^Ppo: loss is Infinity at step 12/);
  const advised = new MeanMetrics('Iql', 'criticLayerNorm usually helps');
  expect(() => advised.add(7, { criticLoss: Number.NaN })).toThrow(
    /^Iql: criticLoss is NaN at step 7; criticLayerNorm/,
  );
});

test.each([
  { share: 0, updates: 2, left: 0 },
  { share: 0, updates: 5, left: 3 },
  // Kept: 0, 1, 2, 4, 8.
  { share: 0.5, updates: 7, left: 4 },
  { share: 0.5, updates: 9, left: 4 },
  { share: 0.5, updates: 10, left: 8 },
])('updates are undone to the bit: %o', ({ share, updates, left }) => {
  const network = new Mlp({ inputDim: 1, hidden: [4], outputDim: 1, rng: new Rng(0) });
  const optimizer = new Adam(network.trainableVariables());
  const update = compile(
    ({ x }: { x: tf.Tensor }) => {
      const { loss, gradients } = valueAndGradients(
        () => ({ loss: tf.mean(tf.square(network.apply(x))) }),
        optimizer.parameters,
      );
      optimizer.update(gradients, 0.1);
      return { loss };
    },
    { name: 'update', state: [network, optimizer] },
  ).onArrays({ x: { shape: [2, 1] } });
  const states = () => [network, optimizer].map((module) => module.stateDict());
  const history = new PolicyUpdates('Ppo', [network, optimizer], 1, share);
  const before: ReturnType<typeof states>[] = [];
  for (let i = 0; i < updates; i++) {
    before.push(states());
    history.record();
    update({ x: [i, 1] });
  }
  const tensors = tf.memory().numTensors;
  history.add(7, { approxKl: 1.5, largestRatio: 1 });
  expect(history.hasEnded).toBe(false);
  history.add(7, { approxKl: 1.51, largestRatio: 1 });
  expect([history.hasEnded, history.policyUpdates]).toEqual([true, left]);
  expect(tf.memory().numTensors).toBe(tensors);
  expect(states()).toEqual(before[left]);
  update({ x: [left, 1] });
  expect(states()).toEqual(before[left + 1]);
});

const ended = (...infos: Info[]): EpisodeReport[] => infos.map((info, i) => ({ return: i, length: 10 + i, info }));

describe('statistics of episodes', () => {
  test('of none have no means, and no NaN', () => {
    expect(episodeStatistics([])).toEqual({ episodes: 0, return: null, length: null, counts: {} });
  });

  test('are means, and counts of the words of the last info', () => {
    const infos = [{ outcome: 'right', bank: 'upper' }, { outcome: 'left', angle: 3 }, { outcome: 'right' }, {}];
    const statistics = episodeStatistics(ended(...infos));
    const counts = { outcome: { left: 1, right: 2 }, bank: { upper: 1 } };
    expect(statistics).toEqual({ episodes: 4, return: 1.5, length: 11.5, counts });
    expect(Object.keys(statistics.counts.outcome!)).toEqual(['left', 'right']);
  });

  test("take Gymnasium's is_success where there is no outcome", () => {
    const infos = [{ is_success: true }, { is_success: 0 }, { is_success: 0.5 }, { is_success: 1, outcome: 'timeout' }];
    expect(episodeStatistics(ended(...infos)).counts).toEqual({ outcome: { failure: 1, success: 1, timeout: 1 } });
  });

  test('leave out what is no word, or has too many', () => {
    const many = (n: number) => Array.from({ length: n }, (_, i) => ({ id: `n${i}` }));
    expect(Object.keys(episodeStatistics(ended(...many(12))).counts.id!)).toHaveLength(12);
    expect(episodeStatistics(ended(...many(1000))).counts).toEqual({});
    const noWords = ['a'.repeat(33), 'a\nb', '', undefined].map((text) => ({ text }));
    expect(episodeStatistics(ended(...noWords, { __proto__: null })).counts).toEqual({});
    expect(episodeStatistics(ended({ text: 'a'.repeat(32) })).counts).toEqual({ text: { ['a'.repeat(32)]: 1 } });
  });
});
