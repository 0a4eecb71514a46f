import { describe, expect, test } from 'vitest';
import { stateFromJson, stateToJson } from '../../agents/index.ts';

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
  ['object with $float32 alone, which stands for something else', { $float32: 'AAAA' }],
  ['object with $number alone, which stands for something else', { $number: 1 }],
])('a state holds no %s', (what, value) => {
  expect(() => stateToJson({ value })).toThrow(`stateToJson: a state holds no ${what}`);
});

describe('what is no state is refused, in one line', () => {
  const bytes = (count: number) => Buffer.alloc(count).toString('base64');

  test.each([
    [`{"$float32":"${bytes(5)}"}`, '$float32: got 5 bytes, expected a multiple of 4'],
    [`{"a":{"$float64":"${bytes(12)}"}}`, '$float64: got 12 bytes, expected a multiple of 8'],
    ['{"$int32":7}', '$int32: got no base64, expected that of numbers of 4 bytes'],
    ['{"$uint8":"%%%"}', '$uint8: got no base64, expected that of numbers of 1 bytes'],
    ['{"$number":"evil"}', '$number: got "evil", expected one of NaN, Infinity, -Infinity, -0'],
    ['{"$number":{"$number":"NaN"}}', '$number: got {"$number":"NaN"}, expected one of'],
    ['{"a":', 'Unexpected end of JSON input'],
    ['['.repeat(100_000), 'JSON nested deeper than 500 levels'],
  ])('case %#', (text, problem) => {
    expect(() => stateFromJson(text)).toThrow(`stateFromJson: ${problem}`);
  });

  test('nor is one written that is nested too deep to be read', () => {
    let state: unknown = 0;
    for (let i = 0; i < 500; i++) state = [state];
    expect(stateFromJson(stateToJson(state))).toEqual(state);
    expect(() => stateToJson([state])).toThrow('JSON nested deeper than 500 levels');
  });
});
