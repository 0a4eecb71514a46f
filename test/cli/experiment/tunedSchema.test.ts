import { expect, test } from 'vitest';
import { tunedSchema } from '../../../cli/experiment/tuned.ts';
import { parseOptions } from '../../../src/options/parse.ts';

const best = {
  learn: {
    Field: { plain: { rate: 0.001, bonus: 0 }, deep: { rate: 0.5, shape: { layers: 4, activation: 'relu' } } },
  },
};
const parse = (value: unknown) => parseOptions('tuned', tunedSchema(best), value);

test('what is best is the default, and one setting may be set alone, whatever its value', () => {
  expect(parse(undefined)).toEqual(best);
  expect(parse({ learn: { Field: { deep: { shape: { layers: 9 } } } } })).toEqual({
    learn: { Field: { ...best.learn.Field, deep: { rate: 0.5, shape: { layers: 9, activation: 'relu' } } } },
  });
});

test.each([
  [{ learn: { Field: { plain: { rate: 0 } } } }, 'tuned: learn.Field.plain.rate: got 0, expected a number > 0'],
  [
    { learn: { Field: { plian: {} } } },
    'tuned: learn.Field.plian: unknown option, expected one of plain, deep (did you mean plain?)',
  ],
])('refuses %j', (value, message) => {
  expect(() => parse(value)).toThrow(new Error(message));
});
