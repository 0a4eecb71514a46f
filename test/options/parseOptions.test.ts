import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseOptions } from '../../src/options/parseOptions.ts';

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
      'Thing: layer: unknown option, expected one of layers, bound, activation, hidden, inner, steps, widths, noise (did you mean layers?)',
    ],
    [undefined, 'Thing: got undefined, expected an object'],
    [{ steps: 0 }, 'Thing: steps: got 0, expected an integer > 0: steps of the solver'],
    [{ widths: [8, 'x'] }, 'Thing: widths.1: got "x", expected a number: widths of the layers'],
    [{ noise: 'red' }, 'Thing: noise: got "red", expected white noise'],
  ])('refuses %o in one line', (options, message) => {
    expect(() => parse(options)).toThrow(new Error(message));
  });
});
