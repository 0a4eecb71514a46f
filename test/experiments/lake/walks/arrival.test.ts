import { expect, test } from 'vitest';
import type { SummaryRow } from '../../../../cli/experiment/experiment.ts';
import { describeArrivals } from '../../../../experiments/lake/walks/arrival.ts';

/** Homes of a class: so many seeds arrive, and so many do not. */
const homes = (policy: string, arrive: number, fail: number, missing = 0): SummaryRow => ({
  study: 'arrival',
  env: 'LakeStride-v0',
  policy,
  metric: 'homeRate',
  iqm: 0.9,
  low: 0.9,
  high: 0.9,
  perSeed: [...Array(arrive).fill(0.9), ...Array(fail).fill(0.89), ...Array(missing).fill(null)],
});
const text = (...rows: SummaryRow[]) => describeArrivals(rows, 'Here, ')?.text.replaceAll('\u00a0', ' ');

test('counts the seeds of the Gaussian, and of the others from the fewest to the most', () => {
  expect(text(homes('gaussian', 2, 1), homes('spline', 3, 0), homes('mixture', 1, 2), homes('nice', 2, 1))).toBe(
    'Here, 2 of 3 seeds of a Gaussian and 1 to 3 of each other class learn the way home (90 % of the walks).',
  );
  expect(text(homes('gaussian', 2, 1), homes('spline', 3, 0), homes('mixture', 3, 0))).toMatch(/and 3 of each other/);
  expect(text(homes('gaussian', 2, 1), homes('spline', 0, 3))).toMatch(/and 0 of a spline flow learn/);
});

test('says of how many, where some seeds have not finished', () => {
  // By shares: one of two is more than eight of twenty.
  expect(text(homes('gaussian', 2, 18), homes('spline', 8, 12), homes('mixture', 1, 1, 18))).toMatch(
    /^Here, 2 of 20 seeds of a Gaussian and 8 of 20 to 1 of 2 of each other class learn/,
  );
});

test('of ten seeds or more it names who gets home more often, and who less', () => {
  const shares = (policy: string, share: number): SummaryRow => ({
    ...homes(policy, 0, 0),
    perSeed: Array.from({ length: 12 }, (_, i) => share + 0.001 * i),
  });
  const classes = [shares('spline', 0.95), shares('nice', 0.5), shares('realnvp', 0.96), shares('mixture', 0.9)];
  expect(text(shares('gaussian', 0.9), ...classes)).toMatch(
    /More often than a Gaussian get home: spline flow, RealNVP\. Less often than a Gaussian get home: NICE\.$/,
  );
  expect(text(shares('gaussian', 0.9), shares('spline', 0.9))).toMatch(
    /No class gets home surely more or less often than the Gaussian\.$/,
  );
});

test('of ten seeds or more it says whose returns differ, among seeds that both arrive', () => {
  const row = (policy: string, metric: string, of: (i: number) => number): SummaryRow => ({
    ...homes(policy, 0, 0),
    metric,
    perSeed: Array.from({ length: 12 }, (_, i) => of(i)),
  });
  // Two seeds of the spline are lost; what those return is not compared. RealNVP has too few that arrive, and is left out.
  const lost: Readonly<Record<string, number>> = { spline: 2, realnvp: 3 };
  const home = (policy: string) => row(policy, 'homeRate', (i) => (i < (lost[policy] ?? 0) ? 0.5 : 0.95));
  const bank = (policy: string) => row(policy, 'modeBalance', () => 0);
  const returns = [
    row('gaussian', 'return', (i) => 0.8 + 0.001 * i),
    row('spline', 'return', (i) => (i < 2 ? -9 : 0.85 + 0.001 * i)),
    row('nice', 'return', (i) => 0.7 + 0.001 * i),
    row('realnvp', 'return', (i) => 0.2 + 0.001 * i),
    row('mixture', 'return', (i) => 0.8 + 0.001 * i + (i % 2 === 0 ? 0.01 : -0.01)),
  ];
  const classes = ['gaussian', 'spline', 'nice', 'realnvp', 'mixture'];
  const told = text(...classes.flatMap((policy) => [home(policy), bank(policy)]), ...returns);
  expect(told).toMatch(
    /Those that do keep to one bank\. Returns differ from the Gaussian’s: spline flow \(\+0\.050\), NICE \(−0\.100\)\.$/,
  );
  const few = returns.map((each) => ({ ...each, perSeed: each.perSeed.map((value, i) => (i < 4 ? null : value)) }));
  expect(text(...classes.map(home), ...few)).not.toContain('Returns');
});

test('its bars are shares with the colours of the classes', () => {
  const { bars } = describeArrivals([homes('gaussian', 1, 1), homes('spline', 2, 0)], '')!.chart!;
  expect(bars.map(({ value, text }) => [value, text])).toEqual([
    [0.5, '1 of 2'],
    [1, '2 of 2'],
  ]);
  expect(new Set(bars.map(({ colour }) => colour)).size).toBe(2);
  for (const { colour } of bars) expect(colour).toMatch(/\w/);
});

test('nothing without a Gaussian, or with nobody beside it', () => {
  expect(text(homes('spline', 2, 0), homes('mixture', 2, 0))).toBeUndefined();
  expect(text(homes('gaussian', 2, 0))).toBeUndefined();
});
