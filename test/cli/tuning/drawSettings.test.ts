import { expect, test } from 'vitest';
import type { Settings } from '../../../cli/experiment/tuned.ts';
import { drawSettings, SEARCHES, type SearchSpace } from '../../../cli/tuning/searchSpace.ts';
import { settingsText } from '../../../cli/tuning/tuneTraining.ts';
import { Rng } from '../../../src/index.ts';

const space = {
  agent: {
    rate: { logUniform: [1e-4, 1e-2], schedule: ['constant', 'linear'] },
    clip: { uniform: [0.1, 0.4], schedule: ['linear'] },
    share: { uniform: [-1, 1] },
  },
  policy: { hidden: { choice: [[64, 64], [256]] }, limit: { choice: [null, 0.5] } },
} as const satisfies SearchSpace;
const draw = (trials: number, search: (typeof SEARCHES)[number], seed = 0) =>
  drawSettings(space, trials, new Rng(seed), search) as { agent: Settings; policy: Settings }[];

test.each(SEARCHES)('%s draws each setting from where it is searched, by its stream alone', (search) => {
  const trials = draw(64, search);
  expect(draw(64, search)).toEqual(trials);
  expect(draw(64, search, 1)).not.toEqual(trials);
  const firstOf = (rate: unknown) =>
    typeof rate === 'number' ? rate : (rate as { linear: [number, number] }).linear[0];
  const rates = trials.map(({ agent }) => agent.rate);
  const falling = rates.filter((rate) => typeof rate === 'object');
  expect(falling.length).toBeGreaterThan(16);
  expect(falling.length).toBeLessThan(48);
  for (const rate of falling) expect((rate as { linear: number[] }).linear[1]).toBe(0);
  const logs = rates.map((rate) => Math.log10(firstOf(rate)));
  expect(Math.min(...logs)).toBeGreaterThanOrEqual(-4);
  expect(Math.max(...logs)).toBeLessThanOrEqual(-2);
  expect(logs.reduce((sum, log) => sum + log, 0) / 64).toBeCloseTo(-3, 0);
  // A falling rate is no more likely to be high than another.
  const low = falling.filter((rate) => Math.log10(firstOf(rate)) < -3).length;
  expect(low).toBeGreaterThan(4);
  expect(low).toBeLessThan(falling.length - 4);
  for (const { agent, policy } of trials) {
    expect(agent.clip).toEqual({ linear: [expect.any(Number), 0] });
    expect([JSON.stringify([64, 64]), JSON.stringify([256])]).toContain(JSON.stringify(policy.hidden));
    expect([null, 0.5]).toContain(policy.limit);
  }
});

test('settings in words', () => {
  const settings = {
    agent: { rate: { linear: [0.001, 0] as const }, clip: 0.2 },
    policy: { hidden: [64, 32], limit: null },
  };
  expect(settingsText(settings)).toBe('rate 0.001 → 0, clip 0.2, hidden 64×32, limit null');
});
