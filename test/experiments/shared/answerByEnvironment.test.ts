import { expect, test } from 'vitest';
import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { answerByEnvironment } from '../../../experiments/shared/report.ts';

const row = (env: string, policy: string, iqm: number | null): SummaryRow => ({
  study: 's',
  env,
  policy,
  metric: 'kl',
  iqm,
  low: iqm && iqm - 0.1,
  high: iqm && iqm + 0.1,
  perSeed: [iqm],
});
const options = {
  best: 'Least',
  caption: 'nats',
  policies: ['a', 'b', 'c'],
  format: (value: number) => value.toFixed(1),
};

test('says who has least in each environment, and draws the means of those that are in all', () => {
  const rows = [
    row('x', 'a', 3),
    row('x', 'b', 1),
    row('x', 'c', 0.5),
    row('y', 'a', 1),
    row('y', 'b', 2),
    row('y', 'c', null),
  ];
  const answer = answerByEnvironment(rows, { ...options, environmentLabel: (env) => env.toUpperCase() })!;
  expect(answer.text).toBe('Least: on X c, 0.5; on Y a, 1.0.');
  expect(answer.chart!.caption).toBe('nats, mean over X, Y');
  // Of a mean over environments there is no interval.
  expect(answer.chart!.bars.map(({ label, value, low }) => [label, value, low])).toEqual([
    ['a', 2, null],
    ['b', 1.5, null],
  ]);
});

test('has the intervals of one environment, and nothing where there is nobody to compare', () => {
  const one = answerByEnvironment([row('x', 'a', 3), row('x', 'b', 1)], options)!;
  expect(one.chart!.caption).toBe('nats');
  expect(one.chart!.bars.map(({ text, interval }) => [text, interval])).toEqual([
    ['3.0', '[2.9, 3.1]'],
    ['1.0', '[0.9, 1.1]'],
  ]);
  expect(answerByEnvironment([row('x', 'a', 3), row('y', 'b', 1)], options)).toBeUndefined();
});
