import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { Box, Dict, Discrete } from '../../envs/index.ts';
import {
  type AnySpace,
  makePolicy,
  ObservationEncoder,
  type Policy,
  type PolicyName,
  policyFromJson,
  policyToJson,
  Rng,
} from '../../src/index.ts';
import { cnn } from '../oracle/cnn.ts';
import { perturb } from '../support/perturb.ts';

const images = (...shape: number[]) => new Box({ low: 0, high: 255, shape, dtype: 'uint8' });
const actions = new Box({ low: -1, high: 1, shape: [2] });
const layers = [
  [16, 3, 1],
  [32, 3, 1],
] as const;

function policyOf(name: string, options: object = {}): Policy {
  const isDiscrete = name === 'categorical' || name.endsWith('network');
  return perturb(
    makePolicy(name, {
      observationSpace: images(8, 7, 3),
      actionSpace: isDiscrete ? new Discrete(4) : actions,
      hidden: [6],
      rng: new Rng('policy'),
      ...options,
    }),
    new Rng('weights'),
    0.02,
  );
}

const seen = (count: number, size: number) =>
  tf.div(tf.floor(tf.mul(new Rng('pixels').uniformTensor([count, size]), 256)), 255);

/** What `another` says of an encoder's variables, without their values. */
const shapesOf = (encoder: ObservationEncoder) =>
  [...encoder.namedVariables()].map(([path, { shape }]) => [path, shape] as const);

describe('which network images have', () => {
  const encoderOf = (observationSpace: AnySpace, options: object = {}) => {
    const policy = policyOf('gaussian', { observationSpace, ...options });
    const { encoder } = policy.config!.options;
    policy.dispose();
    return encoder;
  };

  test('a small one for images of bytes that are small, none where nothing is an image', () => {
    expect(encoderOf(images(8, 8, 3))).toBe('small');
    expect(encoderOf(images(3, 7, 7))).toBe('small');
    expect(encoderOf(images(4, 4, 3))).toBe('mlp');
    // Files do not speak of it where nothing is an image.
    expect(encoderOf(images(64))).toBeUndefined();
    expect(encoderOf(new Box({ low: 0, high: 1, shape: [8, 8, 3] }))).toBeUndefined();
    expect(encoderOf(new Dict({ view: images(7, 7, 3), heading: new Discrete(4) }))).toBe('small');
  });

  test('another one if it is asked for', () => {
    expect(encoderOf(images(8, 8, 3), { encoder: 'mlp' })).toBe('mlp');
    expect(encoderOf(new Box({ low: 0, high: 1, shape: [8, 8, 3] }), { encoder: 'small' })).toBe('small');
  });
});

test('a policy sees the features of an image, in float64 too', () => {
  const policy = policyOf('gaussian', { hidden: [] });
  expect(policy.observationDim).toBe(168);
  const observations = seen(3, 168);
  const variables = Object.fromEntries(
    Object.entries(policy.encoder!.networks[0]!.stateDict()).map(([path, { values }]) => [path, Array.from(values)]),
  );
  const got = policy.features(observations).arraySync() as number[][];
  (observations.arraySync() as number[][]).forEach((row, i) => {
    cnn(variables, row, [8, 7, 3], layers).forEach((value, k) => {
      expect(got[i]![k]).toBeCloseTo(value, 5);
    });
  });
});

test.each<[string, number[], (row: number, column: number, channel: number) => number]>([
  ['channels first', [3, 8, 7], (i, j, c) => (c * 8 + i) * 7 + j],
  ['a stack of grey images, as three of one channel', [3, 8, 7, 1], (i, j, c) => (c * 8 + i) * 7 + j],
  ['a stack of coloured images', [2, 8, 7, 3], (i, j, c) => ((Math.floor(c / 3) * 8 + i) * 7 + j) * 3 + (c % 3)],
  [
    'a stack of images with channels first',
    [2, 3, 8, 7],
    (i, j, c) => ((Math.floor(c / 3) * 3 + (c % 3)) * 8 + i) * 7 + j,
  ],
])('%s: the network sees what it sees of channels last', (_, shape, place) => {
  const channels = shape.reduce((a, b) => a * b, 1) / 56;
  const partsOf = (shape: readonly number[]) => [
    { path: '', at: 0, size: 56 * channels, shape, isImage: true, isScaled: true },
  ];
  const of = (shape: readonly number[]) =>
    new ObservationEncoder({ parts: partsOf(shape), network: 'small', rng: new Rng(0) });
  const [given, last] = [of(shape), of([8, 7, channels])];
  const row = seen(1, 56 * channels).dataSync();
  const moved = Array.from({ length: 56 * channels }, (_, k) => {
    const [i, j, c] = [Math.floor(k / channels / 7), Math.floor(k / channels) % 7, k % channels];
    return row[place(i, j, c)]!;
  });
  expect(Array.from(given.apply(tf.tensor2d([Array.from(row)])).dataSync())).toEqual(
    Array.from(last.apply(tf.tensor2d([moved])).dataSync()),
  );
});

test('of several parts images have a network each, the others are as they are', () => {
  const policy = policyOf('gaussian', {
    observationSpace: new Dict({
      heading: new Discrete(4),
      speed: new Box({ low: -1, high: 1, shape: [1] }),
      left: images(7, 7, 3),
      right: images(7, 7, 3),
      wind: new Box({ low: -1, high: 1, shape: [2] }),
    }),
  });
  const { encoder } = policy;
  expect(encoder!.networks).toHaveLength(2);
  expect([encoder!.observationDim, encoder!.featureDim]).toEqual([4 + 1 + 2 * 147 + 2, 4 + 1 + 2 * 128 + 2]);
  const observations = seen(2, encoder!.observationDim);
  const features = policy.features(observations);
  const part = (x: tf.Tensor, at: number, size: number) => Array.from(tf.slice(x, [0, at], [-1, size]).dataSync());
  expect(part(features, 0, 4)).toEqual(part(observations, 0, 4));
  expect(part(features, 260, 3)).toEqual(part(observations, 298, 3));
  expect(part(features, 4, 128)).not.toEqual(part(features, 132, 128));
});

describe.each<[PolicyName, object]>([
  ['gaussian', { scale: 'state', squash: 'tanh' }],
  ['spline', { layers: 1, bins: 4 }],
  ['gaussian', { actionSpace: new Box({ low: -Math.PI, high: Math.PI, shape: [2] }), squash: 'wrap' }],
  ['categorical', {}],
  ['q-network', { dueling: true }],
])('%s with %o', (name, options) => {
  test('has gradients by the encoder, but where actions have no gradient, and a density', () => {
    const policy = policyOf(name, options);
    const observations = seen(3, 168);
    const { latent, logProb } = policy.given(observations).sampleWithLogProb(new Rng(0));
    const again = policy.given(observations).logProb(latent);
    Array.from(again.dataSync()).forEach((value, i) => {
      expect(value).toBeCloseTo(logProb.dataSync()[i]!, 4);
    });
    if (name.endsWith('network')) return;
    const { grads } = tf.variableGrads(
      () => tf.sum(policy.given(observations).logProb(latent)) as tf.Scalar,
      policy.encoder!.trainableVariables(),
    );
    for (const slope of Object.values(grads)) expect(tf.max(tf.abs(slope)).dataSync()[0]).toBeGreaterThan(0);
  });

  test('is read from its file as it was written', () => {
    const policy = policyOf(name, options);
    const { policy: read } = policyFromJson(JSON.parse(JSON.stringify(policyToJson(policy))));
    expect(shapesOf(read.encoder!)).toEqual(shapesOf(policy.encoder!));
    const observations = seen(2, 168);
    const of = (each: Policy) => Array.from(each.given(observations).sampleWithLogProb(new Rng(1)).latent.dataSync());
    expect(of(read)).toEqual(of(policy));
  });
});
