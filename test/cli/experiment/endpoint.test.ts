import { describe, expect, test } from 'vitest';
import { amongSeeds, endpointOf } from '../../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { endpointTable } from '../../../cli/report/reportPage.ts';
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

describe('endpointOf', () => {
  const endpoint = endpointOf(measure, [
    { label: 'Gaussian', row: gaussian, fails: often, floor: 0.4 },
    { label: 'spline', row: spline, than: gaussian, fails: often },
  ])!;

  test('has value, floor, paired effect, failing seeds, and the seeds that have no value', () => {
    const [first, second] = endpoint.rows;
    expect(first).toMatchObject({
      iqm: expect.closeTo(0.85, 12),
      floor: 0.4,
      seeds: 4,
      planned: 4,
      failed: { seeds: 4, of: 4 },
    });
    expect(first).not.toHaveProperty('effect');
    expect(second).toMatchObject({ seeds: 3, planned: 4, failed: { seeds: 1, of: 3 } });
    // Of the three seeds that both have: 0.9, 0.8, 0.7 and 0.1, 0.2, 0.6.
    expect(second!.effect!.difference).toBeCloseTo(0.3 - 0.8, 12);
    expect(second!.effect!.low).toBeCloseTo(0.1 - 0.9, 12);
    expect(second!.effect!.high).toBeCloseTo(0.6 - 0.7, 12);
  });

  test('is a table: who is compared with whom, and when it was chosen', () => {
    const table = endpointTable(endpoint);
    expect(table.title).toBe('Primary endpoint (chosen post hoc): drowned; a seed fails if more than half drown');
    expect(table.columns).toEqual(['policy', 'value, walks', 'floor', '− Gaussian', 'failed', 'seeds']);
    expect(table.rows.map((cells) => cells.map((cell) => cell.replaceAll('\u00a0', ' ')))).toEqual([
      ['Gaussian', '0.85 [0.72, 0.90]', '0.40', '', '4 of 4', '4'],
      ['spline', '0.30 [0.10, 0.60]', '–', '−0.50 [−0.80, −0.10]', '1 of 3', '3 of 4'],
    ]);
    const plain = endpointTable(endpointOf({ ...measure, chosen: 'before the run' }, [{ label: 'a', row: gaussian }])!);
    expect(plain.title).toBe('Primary endpoint: drowned');
    expect(plain.columns).toEqual(['policy', 'value, walks', 'seeds']);
  });

  test('of one seed has no interval, of none there is no endpoint', () => {
    const one = endpointOf(measure, [{ label: 'a', row: row([0.5], [null, null]), than: row([0.25]) }])!;
    expect(endpointTable(one).rows[0]).toEqual([
      'a',
      '0.50 [–:\u00a0one\u00a0seed]',
      '+0.25 [–:\u00a0one\u00a0seed]',
      '1',
    ]);
    expect(endpointOf(measure, [{ label: 'a', row: row([null, null]) }])).toBeUndefined();
    expect(endpointOf(measure, [])).toBeUndefined();
  });
});

test('amongSeeds keeps the seeds for which another row is as asked', () => {
  const returns = row([1, 2, 3, null, 5]);
  const home = row([0.95, 0.1, 0.9, 0.99, null]);
  const kept = amongSeeds(returns, home, (value) => value >= 0.9);
  expect(kept).toMatchObject({ perSeed: [1, null, 3, null, null], iqm: 2, low: 1, high: 3 });
  expect(amongSeeds(returns, home, () => false)).toMatchObject({ iqm: null, low: null, high: null });
});
