import { expect, test } from 'vitest';
import { parseJson } from '../src/json.ts';

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
