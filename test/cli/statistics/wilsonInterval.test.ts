import { describe, expect, it } from 'vitest';
import { wilsonInterval } from '../../../cli/index.ts';

describe('wilsonInterval', () => {
  it.each([
    // Newcombe 1998, table I, method 3.
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%d of %d: %d to %d', (successes, trials, low, high) => {
    const interval = wilsonInterval(successes, trials);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
    const mirrored = wilsonInterval(trials - successes, trials);
    expect(mirrored.low).toBeCloseTo(1 - interval.high, 12);
    expect(mirrored.high).toBeCloseTo(1 - interval.low, 12);
  });

  it('refuses impossible counts', () => {
    expect(() => wilsonInterval(3, 2)).toThrow('got 3 of 2');
    expect(() => wilsonInterval(0, 0)).toThrow('got 0 of 0');
    expect(() => wilsonInterval(Number.NaN, 5)).toThrow('successes: got NaN, expected a number');
    expect(() => wilsonInterval(5, Number.POSITIVE_INFINITY)).toThrow('got 5 of Infinity');
    expect(() => wilsonInterval(1, 5, Number.NaN)).toThrow('wanted a finite z > 0, got NaN');
    expect(() => wilsonInterval(1, 5, Number.POSITIVE_INFINITY)).toThrow('wanted a finite z > 0, got Infinity');
  });
});
