import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import * as agents from '../../agents/index.ts';
import { make } from '../../envs/index.ts';
import { inventory } from '../../scripts/optionsInventory.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { lettersApart, nearest, show } from '../../src/options/describe.ts';
import { listOptions } from '../../src/options/list.ts';
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
    [{ layers: 0 }, 'layers: got 0'],
    [{ layers: 1.5 }, 'layers: got 1.5'],
    [{ bound: Number.NaN }, 'bound: got NaN'],
    [{ bound: Number.POSITIVE_INFINITY }, 'bound: got Infinity'],
    [{ bound: () => 1 }, 'bound: got a function'],
    [{ activation: 'tahn' }, 'activation: got "tahn"'],
    [{ hidden: [] }, 'hidden: got []'],
    [{ hidden: [8, -1] }, 'hidden.1: got -1'],
    [{ inner: { rat: 1 } }, 'inner.rate: got undefined'],
    [{ layer: 3 }, 'layer: unknown option'],
    [undefined, 'got undefined, expected an object'],
    [{ noise: 'red' }, 'noise: got "red"'],
    [{ pairs: 3 }, 'pairs: got 3'],
    [{ rate: 0 }, 'rate: got 0'],
    [{ rate: { from: 'a' } }, 'rate: got {"from":"a"}'],
    [{ rate: { from: 1, to: 2 } }, 'rate.to: unknown option'],
    [{ range: 2 }, 'range: got 2'],
    [{ range: [0, 'x'] }, 'range.1: got "x"'],
    [{ space: { type: 'Bx' } }, 'space.type: got "Bx"'],
    [{ limit: 'x' }, 'limit: got "x"'],
    [{ study: 'C' }, 'study: got "C"'],
  ])('refuses %o by its place', (options, message) => {
    expect(() => parse(options)).toThrow(`Thing: ${message}`);
  });
});

test('letters that changed places are one mistake, others count as usual', () => {
  expect(lettersApart('pop', 'ppo')).toBe(1);
  expect(lettersApart('sca', 'sac')).toBe(1);
  expect(lettersApart('Hoppre-v5', 'mujoco/Hopper-v5')).toBe(1);
  expect(nearest('pop', ['a2c', 'ppo', 'sac'])).toBe('ppo');
  expect(lettersApart('ppo', 'PPO')).toBe(0);
  expect(lettersApart('', 'ppo')).toBe(3);
  expect(lettersApart('ppo', '')).toBe(3);
  expect(lettersApart('splin', 'spline')).toBe(1);
  expect(lettersApart('kitten', 'sitting')).toBe(3);
  expect(lettersApart('ca', 'abc')).toBe(3);
  expect(nearest('xyz', ['a2c', 'ppo'])).toBeUndefined();
});

test('a name of megabytes is compared with nothing, and shown in a line', () => {
  const long = 'q'.repeat(5_000_000);
  expect(lettersApart(long, 'ppo')).toBe(Infinity);
  expect(nearest(long, ['ppo', long])).toBeUndefined();
  const schema = z.strictObject({
    activation: z.enum(['tanh', 'relu']).default('tanh'),
    space: z.discriminatedUnion('type', [z.strictObject({ type: z.literal('Box') })]).optional(),
    rate: z.union([z.literal('auto'), z.strictObject({ from: z.number() })]).optional(),
  });
  const space = { low: [-1], high: [1], shape: [1] };
  const task = { observationSpace: space, actionSpace: space, rng: new Rng(0) };
  const calls: (() => unknown)[] = [
    () => parseOptions('Thing', schema, { activation: long }),
    () => parseOptions('Thing', schema, { activation: Array(1_000_000).fill(64) }),
    () => parseOptions('Thing', schema, { activation: { toString: 1, valueOf: 1 } }),
    () => parseOptions('Thing', schema, { [long]: 1 }),
    () => parseOptions('Thing', schema, { space: { type: long } }),
    () => parseOptions('Thing', schema, { rate: { [long]: 1 } }),
    () => makePolicy('gaussian', { ...task, [long]: 1 } as never),
    () => makePolicy(long, task),
    () => make(long),
    () => make('Pendulum-v1', { [long]: 1 } as never),
    () => {
      throw new Error(show(long) + show([long]) + show({ [long]: long }));
    },
  ];
  for (const call of calls) {
    const begun = performance.now();
    let said = '';
    try {
      call();
    } catch (error) {
      expect(error).not.toBeInstanceOf(TypeError);
      said = (error as Error).message;
    }
    expect(said).not.toBe('');
    expect(said.length).toBeLessThan(2500);
    expect(said).not.toMatch(/q{81}/);
    expect(performance.now() - begun).toBeLessThan(1000);
  }
});

test('every option of every agent, policy and environment says what it means', async () => {
  const all = await inventory();
  const classes = Object.entries(agents).filter(
    ([, value]) => 'train' in ((value as { prototype?: object }).prototype ?? {}),
  );
  expect(all.agents.map(({ name }) => name).sort()).toEqual(classes.map(([name]) => name).sort());
  for (const { name, schema } of Object.values(all).flat()) {
    const silent = listOptions(schema).filter(({ meaning }) => meaning.length < 4);
    expect(silent.map((option) => `${name}: ${option.name}`)).toEqual([]);
  }
});
