import { expect, test } from 'vitest';
import type { SummaryRow } from '../../../cli/experiment/experiment.ts';
import { whenNotNeeded } from '../../../experiments/products/whenNotNeeded.ts';

const row = (policy: string, lakes: number, [low, high]: readonly [number, number]): SummaryRow => ({
  study: 'products',
  env: 'LakeStride-v0',
  condition: `k-${lakes}`,
  policy,
  metric: 'drownRate',
  iqm: (low + high) / 2,
  ...{ low, high },
  perSeed: [low, high],
});

test('names the smallest mixture whose interval is not above that of the spline flow, for each number of lakes', () => {
  const rows = [
    row('gaussian', 1, [0.3, 0.5]),
    row('mixture-2', 1, [0.02, 0.04]),
    row('mixture-8', 1, [0, 0.02]),
    row('spline', 1, [0.01, 0.02]),
    // Just above, and just not.
    row('mixture-2', 2, [0.051, 0.07]),
    row('mixture-8', 2, [0.049, 0.07]),
    row('spline', 2, [0.03, 0.05]),
    row('mixture-8', 3, [0.2, 0.3]),
    row('spline', 3, [0.05, 0.07]),
  ];
  const [remark, ...others] = whenNotNeeded(rows);
  expect(others).toEqual([]);
  expect(remark!.question).toBe('When is a flow not needed?');
  expect(remark!.answer.replaceAll('\u00a0', ' ')).toBe(
    'With 1 lake a mixture of 2 is as good as a spline flow: it drowns in 3.0 % [2.0, 4.0]. With 2 lakes a mixture of 8 is: it drowns in 6.0 % [4.9, 7.0]. ' +
      'With 3 lakes no mixture that was tried is.',
  );
});

test('says nothing of a run without the flow, without mixtures, or of one seed', () => {
  const [flow, mixture] = [row('spline', 1, [0.01, 0.02]), row('mixture-2', 1, [0.01, 0.02])];
  for (const rows of [[], [flow], [mixture], [flow, { ...mixture, low: null, high: null }]]) {
    expect(whenNotNeeded(rows)).toEqual([]);
  }
});
