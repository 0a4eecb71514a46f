import { describe, expect, test } from 'vitest';
import {
  bounded,
  byConstruction,
  type Criterion,
  concludeClauses,
  describeCriteria,
  noted,
  underControl,
} from '../../../cli/experiment/conclusion.ts';
import type { SummaryRow } from '../../../cli/experiment/experiment.ts';

const row = (iqm: number | null, low: number | null, high: number | null): SummaryRow => ({
  study: 's',
  env: 'e',
  policy: 'p',
  metric: 'm',
  iqm,
  low,
  high,
  perSeed: [],
});
const format = (value: number) => value.toFixed(2);

describe('bounded', () => {
  const holds = (of: SummaryRow, bounds: { atMost?: number; atLeast?: number }) =>
    bounded(of, { label: 'x', format, ...bounds }).holds;

  test('holds where the whole interval is within', () => {
    expect(holds(row(0.2, 0.1, 0.3), { atMost: 0.3 })).toBe(true);
    expect(holds(row(0.2, 0.1, 0.3), { atLeast: 0.1 })).toBe(true);
    expect(holds(row(0.2, 0.1, 0.3), { atLeast: 0.1, atMost: 0.3 })).toBe(true);
  });

  test('does not where the whole interval is beyond a bound', () => {
    expect(holds(row(0.2, 0.1, 0.3), { atMost: 0.09 })).toBe(false);
    expect(holds(row(0.2, 0.1, 0.3), { atLeast: 0.31 })).toBe(false);
  });

  test('is not decided where a bound lies inside, where there is one seed, or nothing', () => {
    expect(holds(row(0.2, 0.1, 0.3), { atMost: 0.2 })).toBeUndefined();
    expect(holds(row(0.2, 0.1, 0.3), { atLeast: 0.2 })).toBeUndefined();
    expect(holds(row(0.2, null, null), { atMost: 1 })).toBeUndefined();
    expect(holds(row(null, null, null), { atMost: 1 })).toBeUndefined();
    expect(bounded(undefined, { label: 'x', format, atMost: 1 })).toBeUndefined();
  });

  test('says what was measured and what was predicted', () => {
    expect(bounded(row(0.2, 0.1, 0.3), { label: 'spline, drowned', atMost: 0.05, format }).text).toBe(
      'spline, drowned: 0.20 [0.10, 0.30], predicted at most 0.05',
    );
  });
});

test('a claim about what the run leaves out is not listed, and is spoken of beside others', () => {
  const claim = (text: string, holds: Criterion['holds']) => ({ text, holds });
  expect(describeCriteria([claim('a', undefined), claim('b', true)])).toEqual(['a: not decided', 'b']);
  expect(describeCriteria([claim('a', undefined), claim('b', false)], 9)).toEqual([
    'a: too few seeds',
    'b: does not hold',
  ]);
  expect(describeCriteria([claim('a', false), undefined, undefined])).toEqual([
    'a: does not hold',
    '2 claims are about what this run leaves out',
  ]);
  expect(describeCriteria([undefined])).toEqual([]);
});

test('a figure says of how many seeds it is, where some had nothing to measure', () => {
  const of = { ...row(0.2, 0.1, 0.3), perSeed: [0.2, null, 0.1] };
  expect(bounded(of, { label: 'x', atMost: 1, format }).text).toBe(
    'x: 0.20 [0.10, 0.30] (2 of 3 seeds), predicted at most 1.00',
  );
});

test('clauses are counted, each by itself, and ten seeds decide', () => {
  const verdict = (seeds: number, ...holds: (Criterion['holds'] | null)[]) =>
    concludeClauses(
      { question: 'q', prediction: 'p' },
      holds.map((each) => (each === null ? undefined : { text: 't', holds: each })),
      seeds,
    ).verdict;
  expect(verdict(10, true, true)).toBe('2 of 2 clauses hold');
  expect(verdict(20, true, false, true)).toBe('2 of 3 clauses hold');
  expect(verdict(10, true, undefined, false)).toBe('1 of 3 clauses hold, 1 undecided');
  // One that the run leaves out is not counted, and is spoken of.
  expect(verdict(10, true, null)).toBe('1 of 1 clauses hold');
  expect(
    concludeClauses({ question: 'q', prediction: 'p' }, [undefined, { text: 'a', holds: true }], 10).measured,
  ).toEqual(['a', '1 claim is about what this run leaves out']);
  expect(verdict(9, true, true)).toBe('too few seeds');
  expect(verdict(9, false)).toBe('too few seeds');
  expect(verdict(10)).toBe('undecided');
  expect(verdict(10, null)).toBe('undecided');
});

const asked = { question: 'q', prediction: 'p' };
const yes: Criterion = { text: 'yes', holds: true };
const no: Criterion = { text: 'no', holds: false };

test('what is true by construction is listed, named and not counted', () => {
  const theorem = byConstruction(yes, 'a theorem')!;
  expect(concludeClauses(asked, [theorem, no], 10)).toMatchObject({
    verdict: '0 of 1 clauses hold',
    measured: ['yes (true by construction, not counted: a theorem)', 'no: does not hold'],
  });
  expect(concludeClauses(asked, [theorem], 10).verdict).toBe('undecided');
  expect(byConstruction(undefined, 'a theorem')).toBeUndefined();
});

test('a note stands beside its claim, which counts', () => {
  expect(concludeClauses(asked, [noted(no, 'added later')], 10)).toMatchObject({
    verdict: '0 of 1 clauses hold',
    measured: ['no: does not hold (added later)'],
  });
  expect(noted(undefined, 'added later')).toBeUndefined();
});

test('where the positive control does not hold, the assay has failed, whatever its claims say', () => {
  const of = (control: Criterion | undefined, ...others: Criterion[]) =>
    concludeClauses(asked, [...others, ...underControl(control, [yes, no, undefined])], 10);
  expect(of(no, yes)).toMatchObject({
    verdict: '1 of 1 clauses hold; assay failed for 2',
    measured: [
      'yes',
      'positive control: no: does not hold',
      'yes: assay failed',
      'no: assay failed',
      '1 claim is about what this run leaves out',
    ],
  });
  expect(of(no).verdict).toBe('assay failed');
  expect(of({ text: 'open', holds: undefined }).verdict).toBe('assay failed');
  // A control that works is no evidence itself; without one nothing shows that the assay failed.
  expect(of(yes).verdict).toBe('1 of 2 clauses hold');
  expect(of(undefined).verdict).toBe('1 of 2 clauses hold');
  expect(concludeClauses(asked, underControl(no, [yes]), 9).verdict).toBe('too few seeds');
});
