import { expect, test } from 'vitest';
import { formatP } from '../../experiments/harness/statistics/formatP.ts';

test('three digits, and never 0', () => {
  expect([1, 0.0625, 0.001, 0.0009, 0].map(formatP)).toEqual(['1.000', '0.063', '0.001', '< 0.001', '< 0.001']);
});
