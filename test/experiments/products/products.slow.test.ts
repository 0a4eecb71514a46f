import { expect, test } from 'vitest';
import { BehaviorCloning } from '../../../agents/index.ts';
import { cloningSettings, summarizeWalks } from '../../../experiments/products/cloneProduct.ts';
import {
  bandOf,
  conditionLabel,
  conditionOf,
  isGreedy,
  isRun,
  lakesOf,
  makeProductLakes,
  makeProductPolicy,
  productDemonstrations,
  productPolicies,
  productsSchema,
} from '../../../experiments/products/config.ts';
import { products } from '../../../experiments/products/products.ts';
import { Actor, Rng } from '../../../src/index.ts';

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

test('the decisive run has twenty seeds of its own, and both sizes; every class has jobs at every number of lakes', () => {
  const config = productsSchema.parse(products.presets.full);
  expect(config.seeds).toEqual(Array.from({ length: 20 }, (_, i) => 2200 + i));
  const jobs = products.jobs(config as never);
  // 14 classes beside the mixtures, of which 3, 4, 5, 6, 6, 6, 5 and 4 are run; large ones with 2, 4, 6 and 8 lakes.
  expect(jobs).toHaveLength(20 * (8 * 14 + 39 + 4 * 14 + 20));
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
  expect(productsSchema.parse({}).studies).toEqual(['products']);
  const mixtures = (lakes: number) =>
    productPolicies.filter((each) => /^mixture-\d/.test(each) && isRun('products', each, lakes));
  expect(mixtures(1)).toEqual(['mixture-2', 'mixture-4', 'mixture-8']);
  expect(mixtures(6)).toEqual(['mixture-8', 'mixture-16', 'mixture-32', 'mixture-64', 'mixture-128', 'mixture-256']);
  expect([1, 2, 3, 4, 5, 8].map(bandOf)).toEqual(['1-2', '1-2', '3-4', '3-4', '5-8', '5-8']);
  expect(() => productsSchema.parse({ demonstrations: 80 })).toThrow(
    'at most 240, which 80 demonstrations surely hold',
  );
  expect(() => productsSchema.parse({ lakes: [1, 1] })).toThrow('each at most once');
});

const spacesOf = (lakes: number) => {
  const { observationSpace, actionSpace } = makeProductLakes(lakes);
  return { observationSpace, actionSpace };
};

test.each(productPolicies)(
  '%s has as many parameters as the others, at every number of lakes that it is run at',
  (name) => {
    const config = productsSchema.parse({});
    for (const lakes of [1, 2, 4, 6, 8].filter((each) => isRun('products', name, each))) {
      const { policy: settings } = cloningSettings(config, name, lakes);
      for (const parameters of Object.values(config.parameters)) {
        const policy = makeProductPolicy(name, { ...spacesOf(lakes), parameters, settings, rng: new Rng(0) });
        expect(Math.abs(policy.parameterCount() / parameters - 1)).toBeLessThan(0.1);
        policy.dispose();
      }
    }
  },
);

test('regression is that of squared errors, and acts by its mean', () => {
  expect(productPolicies.filter(isGreedy)).toEqual(['regression']);
  const lakes = 2;
  const { observations, actions } = productDemonstrations({ lakes, walks: 30, rng: new Rng(0) });
  const policy = makeProductPolicy('regression', {
    ...spacesOf(lakes),
    parameters: 3000,
    settings: {},
    rng: new Rng(1),
  });
  const agent = new BehaviorCloning({
    policy,
    demonstrations: { observations, actions },
    outside: 'keep',
    batchSize: 32,
  });
  const count = actions.length / 4;
  const actor = new Actor(policy, { rng: new Rng(2), batch: count, greedy: true });
  const means = [...actor.act(observations).action];
  const squares = means.reduce((sum, mean, i) => sum + (actions[i]! - mean) ** 2, 0);
  expect(agent.evaluate({ observations, actions })).toBeCloseTo(0.5 * (squares / count) + 2 * Math.log(2 * Math.PI), 4);
  // No noise: another stream gives the same.
  expect([...actor.act(observations, new Rng(3)).action]).toEqual(means);
  actor.dispose();
  agent.dispose();
  policy.dispose();
});
