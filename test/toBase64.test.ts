import { expect, test } from 'vitest';
import { Rng } from '../src/index.ts';
import { toBase64 } from '../src/json.ts';

test.each([0, 1, 2, 3, 12_287, 12_288, 12_289, 40_000])('%i bytes are the base64 of Node', (length) => {
  const rng = new Rng(length);
  const bytes = Uint8Array.from({ length }, () => Math.floor(256 * rng.uniform()));
  expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
});

test('a view is its own bytes, not those of its buffer', () => {
  const numbers = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
  expect(toBase64(numbers)).toBe(Buffer.from(Float32Array.of(2, 3).buffer).toString('base64'));
});
