import { expect, test } from 'vitest';
import { Bytes } from '../../src/engine/bytes.ts';

const written = (write: (bytes: Bytes) => void): number[] => {
  const bytes = new Bytes();
  write(bytes);
  expect(bytes.length).toBe(bytes.view.length);
  return [...bytes.view];
};

/** The integer that LEB128 bytes stand for, in seven bits each; a signed one's highest bit counts as negative. */
function decoded(bytes: readonly number[], isSigned: boolean): bigint {
  expect(bytes.map((byte) => byte >= 0x80)).toEqual(bytes.map((_, i) => i < bytes.length - 1));
  const value = bytes.reduce((sum, byte, i) => sum + (BigInt(byte & 0x7f) << BigInt(7 * i)), 0n);
  return isSigned ? BigInt.asIntN(7 * bytes.length, value) : value;
}

test.each([0, 127, 128, 300, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2n ** 64n - 1n])('unsigned %s', (value) => {
  const bytes = written((b) => b.unsigned(value));
  expect(decoded(bytes, false)).toBe(BigInt(value));
  expect(bytes.length).toBe(Math.max(1, Math.ceil(BigInt(value).toString(2).length / 7)));
});

test('a negative number is what it is modulo 2⁶⁴', () => {
  expect(
    decoded(
      written((b) => b.unsigned(-1)),
      false,
    ),
  ).toBe(2n ** 64n - 1n);
});

test.each([0, 63, 64, -64, -65, 8191, 8192, -8193, 2 ** 31 - 1, -(2 ** 31)])('signed %s', (value) => {
  const bytes = written((b) => b.signed32(value));
  expect(decoded(bytes, true)).toBe(BigInt(value));
  expect(written((b) => b.signed64(BigInt(value)))).toEqual(bytes);
});

test.each([2n ** 63n - 1n, -(2n ** 63n)])('signed %s', (value) => {
  expect(
    decoded(
      written((b) => b.signed64(value)),
      true,
    ),
  ).toBe(value);
});

test('floats, texts and arrays, longer than the first buffer', () => {
  const long = Array.from({ length: 1000 }, (_, i) => i % 256);
  const bytes = written((b) => {
    b.float32(1.5);
    b.float64(-0.1);
    b.text('Köln');
    b.counted(long);
    b.byte(7);
  });
  const view = new DataView(Uint8Array.from(bytes).buffer);
  expect([view.getFloat32(0, true), view.getFloat64(4, true)]).toEqual([1.5, -0.1]);
  expect(bytes.slice(12, 18)).toEqual([5, 0x4b, 0xc3, 0xb6, 0x6c, 0x6e]);
  expect(bytes.slice(18)).toEqual([0xe8, 0x07, ...long, 7]);
});
