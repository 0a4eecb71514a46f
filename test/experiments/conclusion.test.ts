import { describe, expect, test } from 'vitest';
import {
  bounded,
  type Criterion,
  conclude,
  concludeClauses,
  describeCriteria,
} from '../../experiments/harness/conclusion.ts';
import type { SummaryRow } from '../../experiments/harness/experiment.ts';

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

test('a verdict is computed from the criteria', () => {
  const verdict = (...holds: Criterion['holds'][]) =>
    conclude(
      { question: 'q', prediction: 'p' },
      holds.map((each) => ({ text: 't', holds: each })),
    ).verdict;
  expect(verdict(true, true)).toBe('confirmed');
  expect(verdict(true, undefined, false)).toBe('refuted');
  expect(verdict(true, undefined)).toBe('undecided');
  expect(verdict()).toBe('undecided');
});

test('a claim about what the run leaves out is not listed, and keeps a prediction from being confirmed, not from being refuted', () => {
  const claim = (text: string, holds: Criterion['holds']) => ({ text, holds });
  const of = (...criteria: (Criterion | undefined)[]) => {
    const { measured, verdict } = conclude({ question: 'q', prediction: 'p' }, criteria);
    return [...measured, verdict];
  };
  expect(of(claim('a', true), undefined)).toEqual(['a', '1 claim is about what this run leaves out', 'undecided']);
  expect(of(claim('a', false), undefined, undefined)).toEqual([
    'a: does not hold',
    '2 claims are about what this run leaves out',
    'refuted',
  ]);
  expect(of(undefined)).toEqual(['undecided']);
  expect(describeCriteria([claim('a', undefined), claim('b', true)])).toEqual(['a: not decided', 'b']);
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
