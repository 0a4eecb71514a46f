import { expect, test } from 'vitest';
import { spreadOf } from '../../../cli/train/outcomes.ts';

test('the spread of returns: total, mean, deviation of the population, extremes', () => {
  expect(spreadOf([1, 2, 3, 6])).toEqual({ total: 12, mean: 3, deviation: Math.sqrt(14 / 4), lowest: 1, highest: 6 });
  expect(spreadOf([-4])).toEqual({ total: -4, mean: -4, deviation: 0, lowest: -4, highest: -4 });
});
