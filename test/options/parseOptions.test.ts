import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseOptions } from '../../src/options/parse.ts';

const schema = z.strictObject({
  layers: z.int().positive().default(4),
  bound: z.number().positive().default(5),
  activation: z.enum(['tanh', 'relu']).default('tanh'),
  hidden: z.array(z.int().positive()).min(1).default([64]),
  inner: z.strictObject({ rate: z.number() }).optional(),
  steps: z.int().positive().default(8).describe('steps of the solver; six evaluations each'),
  widths: z.array(z.int()).default([]).describe('widths of the layers'),
  noise: z
    .custom((value) => value === 'white', 'white noise')
    .optional()
    .describe('of each step'),
  pairs: z.int().multipleOf(2).default(2),
  rate: z
    .union([z.literal('auto'), z.int().min(1), z.strictObject({ from: z.number() }), z.array(z.number())])
    .default('auto')
    .describe('rate of the solver'),
  limit: z.union([z.int().positive(), z.literal(Infinity)], 'an integer ≥ 1, or Infinity').default(1),
  study: z
    .enum(['one', 'two'])
    .meta({ codes: { one: 'A', two: 'B' } })
    .default('one'),
  space: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('Box'), shape: z.array(z.int()) }),
      z.strictObject({ type: z.literal('Discrete'), n: z.int() }),
    ])
    .optional(),
  range: z.tuple([z.number(), z.number()]).default([0, 1]).describe('of the tilt, rad'),
});
const parse = (options: unknown) => parseOptions('Thing', schema, options);

describe('parseOptions', () => {
  test('gives the defaults, also for what is undefined', () => {
    expect(parse({ layers: undefined, bound: 3 })).toEqual({
      layers: 4,
      bound: 3,
      activation: 'tanh',
      hidden: [64],
      steps: 8,
      widths: [],
      pairs: 2,
      rate: 'auto',
      limit: 1,
      study: 'one',
      range: [0, 1],
    });
  });

  test.each([
    [{ layers: 0 }, 'Thing: layers: got 0, expected an integer > 0'],
    [{ layers: 1.5 }, 'Thing: layers: got 1.5, expected an integer'],
    [{ bound: Number.NaN }, 'Thing: bound: got NaN, expected a number'],
    [{ bound: Number.POSITIVE_INFINITY }, 'Thing: bound: got Infinity, expected a number'],
    [{ bound: () => 1 }, 'Thing: bound: got a function, expected a number'],
    [{ activation: 'tahn' }, 'Thing: activation: got "tahn", expected one of tanh, relu (did you mean tanh?)'],
    [{ hidden: [] }, 'Thing: hidden: got [], expected a list of ≥ 1 entry'],
    [{ hidden: [8, -1] }, 'Thing: hidden.1: got -1, expected an integer > 0'],
    [{ inner: { rat: 1 } }, 'Thing: inner.rate: got undefined, expected a number'],
    [
      { layer: 3 },
      'Thing: layer: unknown option, expected one of layers, bound, activation, hidden, inner, steps, widths, noise, pairs, rate, limit, study, space, range (did you mean layers?)',
    ],
    [undefined, 'Thing: got undefined, expected an object'],
    [{ steps: 0 }, 'Thing: steps: got 0, expected an integer > 0: steps of the solver'],
    [{ widths: [8, 'x'] }, 'Thing: widths.1: got "x", expected a number: widths of the layers'],
    [{ noise: 'red' }, 'Thing: noise: got "red", expected white noise'],
    [{ pairs: 3 }, 'Thing: pairs: got 3, expected a multiple of 2'],
    [
      { rate: 'atuo' },
      'Thing: rate: got "atuo", expected "auto", or a number, or an object, or an array: rate of the solver',
    ],
    [{ rate: 0 }, 'Thing: rate: got 0, expected a number ≥ 1: rate of the solver'],
    [
      { rate: { from: 'a' } },
      'Thing: rate: got {"from":"a"}, expected "auto", or a number, or one whose from is a number, or an array: rate of the solver',
    ],
    [
      { rate: { to: 2 } },
      'Thing: rate: got {"to":2}, expected "auto", or a number, or one whose from is a number, or an array: rate of the solver',
    ],
    [{ rate: { from: 1, to: 2 } }, 'Thing: rate.to: unknown option, expected one of from'],
    [{ range: 2 }, 'Thing: range: got 2, expected a list of 2 entries: of the tilt, rad'],
    [{ range: [0, 'x'] }, 'Thing: range.1: got "x", expected a number: of the tilt, rad'],
    [{ space: { type: 'Bx' } }, 'Thing: space.type: got "Bx", expected one of Box, Discrete (did you mean Box?)'],
    [{ limit: 'x' }, 'Thing: limit: got "x", expected an integer ≥ 1, or Infinity'],
    [{ study: 'C' }, 'Thing: study: got "C", expected one of A (one), B (two)'],
    [{ study: 'tw' }, 'Thing: study: got "tw", expected one of A (one), B (two) (did you mean two?)'],
  ])('refuses %o in one line', (options, message) => {
    expect(() => parse(options)).toThrow(new Error(message));
  });
});
