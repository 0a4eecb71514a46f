import { expect, test } from 'vitest';
import { tunedSchema } from '../../../cli/experiment/searchSpace.ts';
import { parseOptions } from '../../../src/options/parse.ts';

const spaces = {
  learn: {
    plain: { rate: { logUniform: [1e-4, 1e-2] }, bonus: { choice: [0, 0.1] } },
    deep: {
      rate: { uniform: [0, 1] },
      shape: { layers: { choice: [2, 4] }, activation: { choice: ['tanh', 'relu'] } },
    },
  },
} as const;
const best = {
  learn: {
    Field: { plain: { rate: 0.001, bonus: 0 }, deep: { rate: 0.5, shape: { layers: 4, activation: 'relu' } } },
  },
};
const parse = (value: unknown) => parseOptions('tuned', tunedSchema(spaces, best), value);

test('what is best is the default, and one setting may be set alone, also beyond the searched range', () => {
  expect(parse(undefined)).toEqual(best);
  expect(parse({ learn: { Field: { deep: { shape: { layers: 9 } } } } })).toEqual({
    learn: { Field: { ...best.learn.Field, deep: { rate: 0.5, shape: { layers: 9, activation: 'relu' } } } },
  });
});

test.each([
  [{ learn: { Field: { plain: { rate: 0 } } } }, 'tuned: learn.Field.plain.rate: got 0, expected a number > 0'],
  [{ learn: { Field: { plain: { bonus: -1 } } } }, 'tuned: learn.Field.plain.bonus: got -1, expected a number ≥ 0'],
  [
    { learn: { Field: { deep: { shape: { layers: 2.5 } } } } },
    'tuned: learn.Field.deep.shape.layers: got 2.5, expected an integer',
  ],
  [
    { learn: { Field: { deep: { shape: { activation: 'rleu' } } } } },
    'tuned: learn.Field.deep.shape.activation: got "rleu", expected one of tanh, relu (did you mean relu?)',
  ],
  [
    { learn: { Field: { plian: {} } } },
    'tuned: learn.Field.plian: unknown option, expected one of plain, deep (did you mean plain?)',
  ],
])('refuses %j', (value, message) => {
  expect(() => parse(value)).toThrow(new Error(message));
});

test('best settings that do not fill the search space are an error', () => {
  const { plain } = best.learn.Field;
  expect(() => tunedSchema(spaces, { learn: { Field: { plain } } } as never)).toThrow(/deep/);
  const unknown = { learn: { Field: { ...best.learn.Field, plain: { ...plain, rat: 1 } } } };
  expect(() => tunedSchema(spaces, unknown)).toThrow(/rat/);
});
