import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { fingerprint, Mlp, Rng } from '../src/index.ts';

const hash = (text: string) => createHash('sha256').update(text).digest('hex');

describe('a fingerprint', () => {
  test('is the SHA-256 of JSON with sorted keys', () => {
    expect(fingerprint({ b: [1, 0.1], a: { d: 'é', c: null } })).toBe(hash('{"a":{"c":null,"d":"é"},"b":[1,0.1]}'));
  });

  test('tells state dicts apart that differ in one bit, −0 and NaN included, and knows them again after JSON', () => {
    const module = new Mlp({ inputDim: 1, hidden: [], outputDim: 2, rng: new Rng(0) });
    const [first] = module.variables();
    const of = (values: number[]) => {
      tf.tidy(() => first!.assign(tf.tensor(values, first!.shape)));
      return module.stateDict();
    };
    const states = [
      [0, 1],
      [-0, 1],
      [0, 1 + 2 ** -23],
      [0, Number.NaN],
      [0, Number.POSITIVE_INFINITY],
    ].map(of);
    const prints = states.map(fingerprint);
    expect(new Set(prints).size).toBe(states.length);
    expect(fingerprint(JSON.parse(JSON.stringify(states[1])))).toBe(prints[1]);
    module.dispose();
  });
});
