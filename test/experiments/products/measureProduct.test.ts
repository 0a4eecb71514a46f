import { expect, test } from 'vitest';
import { summarizeWalks } from '../../../experiments/products/cloneProduct.ts';
import { conditionLabel, conditionOf, lakesOf, productsSchema } from '../../../experiments/products/config.ts';
import { products } from '../../../experiments/products/products.ts';

test('shares and ways of walks, by plain counts', () => {
  const end = (outcome: 'home' | 'drowned' | 'timeout', bank: 'upper' | 'lower') => ({ outcome, bank });
  const { metrics, counts } = summarizeWalks([
    [end('home', 'upper'), end('home', 'lower')],
    [end('home', 'upper'), end('home', 'lower')],
    [end('home', 'lower'), end('home', 'lower')],
    [end('home', 'upper'), end('drowned', 'upper')],
    [end('drowned', 'lower'), end('drowned', 'lower')],
    [end('home', 'lower'), end('timeout', 'upper')],
    [end('timeout', 'upper'), end('drowned', 'upper')],
    [end('home', 'upper'), end('home', 'lower')],
  ]);
  expect(metrics).toEqual({ drownRate: 3 / 8, homeRate: 4 / 8, drownRateOfALake: 4 / 16, ways: 2 });
  expect(counts).toEqual({ ll: 1, ul: 3 });
  const none = summarizeWalks([[end('drowned', 'upper')]]);
  expect(none).toEqual({ metrics: { drownRate: 1, homeRate: 0, drownRateOfALake: 1, ways: 0 }, counts: {} });
});

test('conditions go to numbers and back', () => {
  expect([1, 4].map(conditionOf)).toEqual(['k-1', 'k-4']);
  expect(['k-1', 'k-4'].map(lakesOf)).toEqual([1, 4]);
  expect(['k-1', 'k-4'].map(conditionLabel)).toEqual(['1 lake', '4 lakes']);
});

test('the decisive run has twenty seeds of its own; every class has jobs at every number of lakes', () => {
  const config = productsSchema.parse(products.presets.full);
  expect(config.seeds).toEqual(Array.from({ length: 20 }, (_, i) => 100 + i));
  const jobs = products.jobs(config as never);
  expect(jobs).toHaveLength(20 * 4 * 9);
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
  expect(() => productsSchema.parse({ demonstrations: 80 })).toThrow(
    'at most 240, which 80 demonstrations surely hold',
  );
  expect(() => productsSchema.parse({ lakes: [1, 1] })).toThrow('each at most once');
});
