import type { TopLevelSpec } from 'vega-lite';
import { themeColour } from '../../../envs/drawing/palette.ts';
import type { SummaryRow } from '../../harness/experiment.ts';
import { lineColours } from '../../harness/report/lineColours.ts';
import { policyNames } from '../lakePolicies.ts';

/** KL at the start against the stride: trained policies with their intervals, and the best Gaussian, dashed. */
export function strideFigure(
  measured: readonly { readonly row: SummaryRow; readonly stride: number }[],
  best: readonly { readonly stride: number; readonly kl: number }[],
): TopLevelSpec {
  const values = measured
    .filter(({ row }) => row.iqm !== null)
    .map(({ row: { policy, iqm, low, high }, stride }) => ({
      policy,
      stride,
      kl: iqm,
      low: low ?? iqm,
      high: high ?? iqm,
    }));
  const colour = lineColours(policyNames, new Set(values.map(({ policy }) => policy)));
  const x = {
    field: 'stride',
    type: 'quantitative',
    title: 'stride, lengths',
    scale: { domain: [0.4, 1.4], nice: false },
    axis: { values: [0.5, 0.8, 1, 1.3], grid: false },
  };
  const kl = { type: 'quantitative', title: 'KL at the start, nats', scale: { zero: true } };
  return {
    width: 'container',
    height: 220,
    layer: [
      {
        data: { values: best },
        mark: { type: 'line', strokeDash: [5, 4], strokeWidth: 1.5, color: themeColour('ink') },
        encoding: { x, y: { ...kl, field: 'kl' } },
      },
      {
        data: { values },
        mark: { type: 'rule', strokeWidth: 1.6 },
        encoding: { x, y: { ...kl, field: 'low' }, y2: { field: 'high' }, color: colour },
      },
      {
        data: { values },
        mark: { type: 'line', point: { filled: true, size: 45 }, strokeWidth: 1.6 },
        encoding: { x, y: { ...kl, field: 'kl' }, color: colour },
      },
    ],
  } as unknown as TopLevelSpec;
}
