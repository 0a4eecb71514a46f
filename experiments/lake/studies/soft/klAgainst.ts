import type { TopLevelSpec } from 'vega-lite';
import { themeColour } from '../../../../envs/drawing/palette.ts';
import type { SummaryRow } from '../../../harness/experiment.ts';
import { lineColours } from '../../../harness/report/lineColours.ts';
import { policyNames } from '../../shared/lakePolicies.ts';
import type { SoftLakeTask } from './lakeConditions.ts';

/** What tasks differ in: the field of a point that holds it, and how its axis is drawn. */
export interface TaskAxis {
  readonly field: 'stride' | 'temperature';
  readonly title: string;
  readonly scale: object;
}

/** KL at the start against what tasks differ in: trained policies with their intervals, and the best Gaussian, dashed. */
export function klAgainst(
  axis: TaskAxis,
  measured: readonly (SoftLakeTask & { readonly row: SummaryRow })[],
  best: readonly (SoftLakeTask & { readonly kl: number })[],
): TopLevelSpec {
  const values = measured
    .filter(({ row }) => row.iqm !== null)
    .map(({ row: { policy, iqm, low, high }, ...task }) => ({
      policy,
      [axis.field]: task[axis.field],
      kl: iqm,
      low: low ?? iqm,
      high: high ?? iqm,
    }));
  const colour = lineColours(policyNames, new Set(values.map(({ policy }) => policy)));
  const x = {
    field: axis.field,
    type: 'quantitative',
    title: axis.title,
    scale: { ...axis.scale, nice: false, padding: 14 },
    axis: { values: measured.map((task) => task[axis.field]), format: '~g', grid: false },
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
