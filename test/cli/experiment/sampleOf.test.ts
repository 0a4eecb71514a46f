import { describe, expect, it } from 'vitest';
import { sampleOf } from '../../../cli/experiment/collections.ts';

const all = Array.from({ length: 40 }, (_, i) => i);

describe('a sample', () => {
  it.each([
    [0.001, 1],
    [0.025, 1],
    [0.026, 2],
    [0.5, 20],
    [1, 40],
  ])('of the share %d has at least that, and one at least', (share, count) => {
    const sample = sampleOf(all, share);
    expect(sample).toHaveLength(count);
    expect(sample).toEqual([...new Set(sample)].sort((a, b) => a - b));
    expect(sampleOf([], share)).toEqual([]);
  });

  it('takes each as often as the others', () => {
    const counts = all.map(() => 0);
    for (let i = 0; i < 4000; i++) for (const one of sampleOf(all, 0.1)) counts[one]!++;
    // Binomial, 400 ± 19: beyond six standard deviations once in 10⁷ tries.
    expect(Math.min(...counts)).toBeGreaterThan(286);
    expect(Math.max(...counts)).toBeLessThan(514);
  });
});
