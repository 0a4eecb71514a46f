import { expect, test } from 'vitest';
import type { Settings } from '../../../cli/experiment/tuned.ts';
import { drawSettings, SEARCHES, type SearchSpace } from '../../../cli/tuning/searchSpace.ts';
import { halvingRungs } from '../../../cli/tuning/tuneTraining.ts';
import { Rng } from '../../../src/index.ts';

const space = {
  rate: { logUniform: [1e-4, 1e-2] },
  share: { uniform: [-1, 1] },
  policy: { activation: { choice: ['tanh', 'relu', 'elu'] } },
} as const satisfies SearchSpace;
const draw = (trials: number, from: SearchSpace = space, seed = 0) =>
  drawSettings(from, trials, new Rng(seed), 'latin-hypercube');
const column = (settings: Settings[], name: string) => settings.map((trial) => trial[name] as number);

test('each part of equal probability of each dimension is tried once', () => {
  const trials = draw(24);
  const strata = (values: number[], at: (value: number) => number) =>
    values.map((value) => Math.floor(24 * at(value) + 1e-9)).sort((a, b) => a - b);
  // Three digits may carry a value over the edge of its part.
  const near = (found: number[]) => found.forEach((stratum, i) => expect(Math.abs(stratum - i)).toBeLessThanOrEqual(1));
  near(strata(column(trials, 'rate'), (rate) => Math.log(rate / 1e-4) / Math.log(100)));
  near(strata(column(trials, 'share'), (share) => (share + 1) / 2));
  const names = trials.map(({ policy }) => (policy as Settings).activation);
  for (const name of ['tanh', 'relu', 'elu']) expect(names.filter((found) => found === name)).toHaveLength(8);
});

test('the dimensions are in orders of their own', () => {
  const trials = draw(24);
  const [rates, shares] = [column(trials, 'rate'), column(trials, 'share')];
  const rank = (values: number[]) => values.map((value) => values.filter((other) => other < value).length);
  expect(rank(rates)).not.toEqual(rank(shares));
});

test('a dimension has the same values in every space that has it; the stream decides', () => {
  const more = { extra: { choice: [1, 2] }, ...space } as const;
  expect(column(draw(9, more), 'rate')).toEqual(column(draw(9), 'rate'));
  expect(draw(9)).toEqual(draw(9));
  expect(draw(9, space, 1)).not.toEqual(draw(9));
});

test('three digits carry no value over a bound', () => {
  const narrow = { gamma: { uniform: [0.9, 0.9999] }, rate: { logUniform: [1.234e-5, 1.236e-5] } } as const;
  const trials = draw(500, narrow);
  const [gammas, rates] = [column(trials, 'gamma'), column(trials, 'rate')];
  expect([Math.min(...gammas), Math.max(...gammas)]).toEqual([0.9, 0.9999]);
  expect([Math.min(...rates), Math.max(...rates)]).toEqual(narrow.rate.logUniform);
});

const drawnSpace = {
  agent: {
    rate: { logUniform: [1e-4, 1e-2], schedule: ['constant', 'linear'] },
    clip: { uniform: [0.1, 0.4], schedule: ['linear'] },
    share: { uniform: [-1, 1] },
  },
  policy: { hidden: { choice: [[64, 64], [256]] }, limit: { choice: [null, 0.5] } },
} as const satisfies SearchSpace;
const drawFrom = (trials: number, search: (typeof SEARCHES)[number], seed = 0) =>
  drawSettings(drawnSpace, trials, new Rng(seed), search) as { agent: Settings; policy: Settings }[];

test.each(SEARCHES)('%s draws each setting from where it is searched, by its stream alone', (search) => {
  const trials = drawFrom(64, search);
  expect(drawFrom(64, search)).toEqual(trials);
  expect(drawFrom(64, search, 1)).not.toEqual(trials);
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

const rungs = (trials: number, steps: number, factor: number, count = 99) =>
  halvingRungs({ trials, steps, halving: factor, rungs: count }).map((rung) => [rung.trials, rung.steps]);

test('the brackets of the table in the paper on Hyperband, R = 81 and η = 3', () => {
  expect(rungs(81, 81, 3)).toEqual([
    [81, 1],
    [27, 3],
    [9, 9],
    [3, 27],
    [1, 81],
  ]);
  expect(rungs(27, 81, 3, 4)).toEqual([
    [27, 3],
    [9, 9],
    [3, 27],
    [1, 81],
  ]);
  expect(rungs(9, 81, 3, 3)).toEqual([
    [9, 9],
    [3, 27],
    [1, 81],
  ]);
  expect(rungs(6, 81, 3, 2)).toEqual([
    [6, 27],
    [2, 81],
  ]);
  expect(rungs(5, 81, 3, 1)).toEqual([[5, 81]]);
});

test('a factor of 1 has one round; few trials have few rounds; the last one always has all steps and a setting', () => {
  expect(rungs(7, 1000, 1)).toEqual([[7, 1000]]);
  expect(rungs(1, 1000, 2)).toEqual([[1, 1000]]);
  expect(rungs(7, 1000, 2)).toEqual([
    [7, 250],
    [3, 500],
    [1, 1000],
  ]);
  expect(rungs(8, 2, 2)).toEqual([
    [8, 1],
    [4, 2],
  ]);
});
