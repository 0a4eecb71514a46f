import { expect, test } from 'vitest';
import { z } from 'zod';
import { make } from '../../envs/index.ts';
import { makePolicy, Rng } from '../../src/index.ts';
import { lettersApart, nearest, show } from '../../src/options/describe.ts';
import { parseOptions } from '../../src/options/parse.ts';

test('letters that changed places are one mistake', () => {
  expect(lettersApart('pop', 'ppo')).toBe(1);
  expect(lettersApart('sca', 'sac')).toBe(1);
  expect(lettersApart('Hoppre-v5', 'mujoco/Hopper-v5')).toBe(1);
  expect(nearest('pop', ['a2c', 'ppo', 'sac'])).toBe('ppo');
});

test('others count as they did', () => {
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
