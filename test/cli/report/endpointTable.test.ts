import { expect, test } from 'vitest';
import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { endpointTable } from '../../../cli/report/answers.ts';
import { interquartileMean } from '../../../cli/statistics/bootstrap.ts';

function row(perSeed: (number | null)[], interval: [number | null, number | null] = [0, 1]): SummaryRow {
  const values = perSeed.filter((value) => value !== null);
  const [low, high] = interval;
  const iqm = values.length === 0 ? null : interquartileMean(values);
  return { study: 's', env: 'e', policy: 'p', metric: 'm', iqm, low, high, perSeed };
}

const measure = {
  measure: 'drowned',
  chosen: 'post hoc',
  format: (value: number) => value.toFixed(2),
  unit: 'walks',
  failure: 'more than half drown',
  reference: 'Gaussian',
} as const;
const often = { when: (value: number) => value > 0.5 };
const gaussian = row([0.9, 0.8, 0.7, 0.9], [0.72, 0.9]);
const spline = row([0.1, 0.2, 0.6, null], [0.1, 0.6]);

const read = (cells: readonly string[]) => cells.map((cell) => cell.replaceAll('\u00a0', ' '));

test('value, floor, paired difference, failed seeds, and the seeds that have no value', () => {
  const table = endpointTable(measure, [
    { label: 'Gaussian', row: gaussian, fails: often, floor: 0.4 },
    { label: 'spline', row: spline, than: gaussian, fails: often },
  ])!;
  expect(table.title).toBe('Primary endpoint (chosen post hoc): drowned; a seed fails if more than half drown');
  expect(table.columns).toEqual(['policy', 'value, walks', 'floor', '− Gaussian', 'failed', 'seeds']);
  // The difference is over the three seeds that both have: 0.9, 0.8, 0.7 and 0.1, 0.2, 0.6.
  expect(table.rows.map(read)).toEqual([
    ['Gaussian', '0.85 [0.72, 0.90]', '0.40', '', '4 of 4', '4'],
    ['spline', '0.30 [0.10, 0.60]', '–', '−0.50 [−0.80, −0.10]', '1 of 3', '3 of 4'],
  ]);
});

test('columns that nothing is in are left out; one seed has no interval, none no endpoint', () => {
  const one = endpointTable(measure, [{ label: 'a', row: row([0.5], [null, null]), than: row([0.25]) }])!;
  expect(read(one.rows[0]!)).toEqual(['a', '0.50 [–: one seed]', '+0.25 [–: one seed]', '1']);
  expect(endpointTable(measure, [{ label: 'a', row: row([null, null]) }])).toBeUndefined();
  expect(endpointTable(measure, [])).toBeUndefined();
});
