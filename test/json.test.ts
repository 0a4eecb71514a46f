import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { fingerprint, Mlp, Rng } from '../src/index.ts';
import { parseJson, toBase64 } from '../src/json.ts';

test.each([
  '{"a":[1,{"b":"]}[{"}],"c":"\\"[[[\\\\"}',
  `{"text":${JSON.stringify('['.repeat(1000) + '"\\'.repeat(50))}}`,
  '[[],[],[[]]]',
  `[${'{},'.repeat(10_000)}{}]`,
  '"\\\\"',
  '7',
])('is JSON.parse, case %#', (text) => {
  expect(parseJson(text)).toEqual(JSON.parse(text));
});

test('500 levels are read, and one more is one line', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  expect(JSON.stringify(parseJson(nested(500)))).toBe(nested(500));
  for (const levels of [501, 1_000_000])
    expect(() => parseJson(nested(levels))).toThrow(/^JSON nested deeper than 500 levels$/);
  expect(() => parseJson('{"a":'.repeat(501))).toThrow(/^JSON nested deeper than 500 levels$/);
});

test.each(['', '{', '[1,]', '"', '"\\', '\u0000', '{"a":1}}', ']]'])('no JSON is one line: %j', (text) => {
  expect(() => parseJson(text)).toThrow(/^[^\n]+$/);
});

test.each([0, 1, 2, 3, 12_287, 12_288, 12_289, 40_000])('%i bytes are the base64 of Node', (length) => {
  const rng = new Rng(length);
  const bytes = Uint8Array.from({ length }, () => Math.floor(256 * rng.uniform()));
  expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
});

test('a view is its own bytes, not those of its buffer', () => {
  const numbers = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
  expect(toBase64(numbers)).toBe(Buffer.from(Float32Array.of(2, 3).buffer).toString('base64'));
});

test('a fingerprint is the SHA-256 of JSON with sorted keys', () => {
  expect(fingerprint({ b: [1, 0.1], a: { d: 'é', c: null } })).toBe(
    createHash('sha256').update('{"a":{"c":null,"d":"é"},"b":[1,0.1]}').digest('hex'),
  );
});

test('a fingerprint tells state dicts apart that differ in one bit, −0 and NaN included, and knows them again after JSON', () => {
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
