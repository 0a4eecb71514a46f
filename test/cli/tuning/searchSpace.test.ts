import { expect, test } from 'vitest';
import type { Settings } from '../../../cli/experiment/tuned.ts';
import { latinHypercube, type SearchSpace } from '../../../cli/tuning/searchSpace.ts';
import { Rng } from '../../../src/index.ts';

const space = {
  rate: { logUniform: [1e-4, 1e-2] },
  share: { uniform: [-1, 1] },
  policy: { activation: { choice: ['tanh', 'relu', 'elu'] } },
} as const satisfies SearchSpace;
const draw = (trials: number, from: SearchSpace = space, seed = 0) => latinHypercube(from, trials, new Rng(seed));
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
