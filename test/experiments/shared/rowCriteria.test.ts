import { describe, expect, test } from 'vitest';
import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { interquartileMean } from '../../../cli/statistics/bootstrap.ts';
import { equivalentRows } from '../../../experiments/shared/equivalentRows.ts';
import { lowerRows } from '../../../experiments/shared/lowerRows.ts';

function row(perSeed: (number | null)[]): SummaryRow {
  const values = perSeed.filter((value) => value !== null);
  const iqm = values.length === 0 ? null : interquartileMean(values);
  return { study: 's', env: 'e', policy: 'p', metric: 'm', iqm, low: null, high: null, perSeed };
}

const format = (value: number) => value.toFixed(2);
const eight = [1, 2, 3, 4, 5, 6, 7, 8];

describe('equivalentRows', () => {
  const claim = (a: (number | null)[], b: (number | null)[], bound = 0.5) =>
    equivalentRows(row(a), row(b), { label: 'a − b', bound, format });

  test('the difference of pairs decides, not the spread of seeds', () => {
    expect(claim(eight, eight)).toEqual({
      text: 'a − b: 0.00 [0.00, 0.00], predicted within −0.50 and 0.50',
      holds: true,
    });
    expect(
      claim(
        eight.map((value) => value + 1),
        eight,
      ),
    ).toMatchObject({ holds: false });
    expect(
      claim(
        eight.map((value) => value + 0.5),
        eight,
      ),
    ).toMatchObject({ holds: undefined });
  });

  test('of few seeds, one seed or none nothing follows; seeds without a partner are left out', () => {
    expect(claim([1, 2, 3], [1, 2, 3])).toMatchObject({ holds: undefined });
    expect(claim([1, null], [1, 2])?.text).toBe(
      'a − b: 0.00 (one seed) (1 of 2 pairs), predicted within −0.50 and 0.50',
    );
    expect(claim([null, 9, ...eight], [9, null, ...eight])).toMatchObject({ holds: true });
    expect(claim([null], [1])).toEqual({
      holds: undefined,
      text: 'a − b: not measured, predicted within −0.50 and 0.50',
    });
  });

  test('where the interval is too wide, it says how many seeds could show it', () => {
    const noise = [3, -3, 2, -2, 1, -1, 2.5, -2.5, 1.5, -1.5];
    const one = Array.from(noise, (_, i) => i);
    const { text, holds, note } = claim(
      noise.map((value, i) => i + value),
      one,
    )!;
    expect(holds).toBeUndefined();
    const [low, high] = /\[(.*), (.*)\]/
      .exec(text)!
      .slice(1)
      .map((part) => Number(part.replace('−', '-'))) as [number, number];
    const needed = Number(/some (\d+) would/.exec(note!)![1]);
    // An interval is narrower by the root of the number of seeds.
    expect(needed / (10 * ((high - low) / 1) ** 2)).toBeCloseTo(1, 1);
    expect(note).toMatch(/^10 seeds cannot show it: some/);
    // Where the interval is narrow enough and lies elsewhere, more seeds are not what is missing.
    const shifted = claim(
      eight.map((value) => value + 0.5),
      eight,
    )!;
    expect(shifted).toMatchObject({ holds: undefined });
    expect(shifted.note).toBeUndefined();
  });

  test('without one of the rows nothing is claimed', () => {
    const options = { label: 'a − b', bound: 1, format };
    expect(equivalentRows(undefined, row([1]), options)).toBeUndefined();
    expect(equivalentRows(row([1]), undefined, options)).toBeUndefined();
  });
});

describe('lowerRows', () => {
  test('p-values of all claims together decide, in either direction', () => {
    const [high, low] = [row(eight), row(eight.map((value) => value - 1))];
    const claims = lowerRows(
      [
        { label: 'low < high', row: low, than: high },
        { label: 'high < low', row: high, than: low },
        { label: 'high < high', row: high, than: high },
      ],
      format,
    );
    // All eight signs alike: 2 of 2⁸ patterns, times three claims for the smallest.
    expect(claims).toEqual([
      { text: 'low < high: on average 3.50 and 4.50, p = 0.023', holds: true },
      { text: 'high < low: on average 4.50 and 3.50, p = 0.023', holds: false },
      { text: 'high < high: on average 4.50 and 4.50, p = 1.000', holds: undefined },
    ]);
  });

  test('three seeds decide nothing, what was not measured says so, and without a row nothing is claimed', () => {
    const claims = lowerRows(
      [
        { label: 'a', row: row([1, 2, 3]), than: row([2, 3, 4]) },
        { label: 'b', row: row([null]), than: row([2]) },
        { label: 'c', row: undefined, than: row([2]) },
        { label: 'd', row: row([2]), than: undefined },
      ],
      format,
    );
    expect(claims).toEqual([
      { text: 'a: on average 2.00 and 3.00, p = 0.250', holds: undefined },
      { text: 'b: not measured', holds: undefined },
      undefined,
      undefined,
    ]);
    expect(lowerRows([{ label: 'b', row: undefined, than: undefined }], format)).toEqual([undefined]);
  });
});
