import { expect, test } from 'vitest';
import { BehaviorCloning } from '../../../agents/index.ts';
import {
  isDeterministic,
  makeProductLakes,
  makeProductPolicy,
  productDemonstrations,
  productPolicies,
} from '../../../experiments/products/config.ts';
import { Actor, Rng } from '../../../src/index.ts';

const spacesOf = (lakes: number) => {
  const { observationSpace, actionSpace } = makeProductLakes(lakes);
  return { observationSpace, actionSpace };
};

/** The ends of what is searched. */
const ENDS: Record<string, readonly Record<string, number>[]> = {
  realnvp: [{ layers: 2 }, { layers: 8 }],
  spline: [
    { layers: 2, bins: 6 },
    { layers: 4, bins: 16 },
  ],
  'autoregressive-spline': [
    { layers: 1, bins: 6 },
    { layers: 2, bins: 16 },
  ],
};

test.each(productPolicies)(
  '%s has as many parameters as the others, on one lake and on four, with whatever is searched',
  (name) => {
    for (const lakes of [1, 4]) {
      for (const settings of ENDS[name] ?? [{}]) {
        const policy = makeProductPolicy(name, { ...spacesOf(lakes), parameters: 18_000, settings, rng: new Rng(0) });
        expect(Math.abs(policy.parameterCount() / 18_000 - 1)).toBeLessThan(0.1);
        policy.dispose();
      }
    }
  },
);

test('regression is that of squared errors, and acts by its mean', () => {
  expect(productPolicies.filter(isDeterministic)).toEqual(['regression']);
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
