import { expect, test } from 'vitest';
import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { answerOf } from '../../../experiments/products/answer.ts';

const row = (policy: string, lakes: number, iqm: number): SummaryRow => ({
  study: 'products',
  env: 'LakeStride-v0',
  condition: `k-${lakes}`,
  policy,
  metric: 'drownRate',
  iqm,
  low: iqm - 0.01,
  high: iqm + 0.01,
  perSeed: [iqm, iqm],
});

test('tells of the largest number of lakes: the spline flow, the largest mixture, the Gaussian', () => {
  const rows = [1, 3].flatMap((lakes) => [
    row('gaussian', lakes, 0.1 * lakes),
    row('mixture-2', lakes, 0.05 * lakes),
    row('mixture-8', lakes, 0.04 * lakes),
    row('spline', lakes, 0.02 * lakes),
  ]);
  const answer = answerOf(rows)!;
  expect(answer.text.replaceAll('\u00a0', ' ')).toBe(
    'With 3 lakes at once, 8 ways, a spline flow drowns in 6.0 % [5.0, 7.0] of its walks, a mixture of 8 in 12.0 % [11.0, 13.0] and a Gaussian in 30.0 % [29.0, 31.0].',
  );
  expect(answer.chart!.bars.map(({ label, value }) => [label, value])).toEqual([
    ['Gaussian', expect.closeTo(0.3)],
    ['mixture of 2', expect.closeTo(0.15)],
    ['mixture of 8', expect.closeTo(0.12)],
    ['spline flow', expect.closeTo(0.06)],
  ]);
});

test('is absent where there is nothing to compare', () => {
  expect(answerOf([row('spline', 2, 0.1)])).toBeUndefined();
  expect(answerOf([])).toBeUndefined();
});
