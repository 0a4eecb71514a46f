import type { TopLevelSpec } from 'vega-lite';
import { themeColour } from '../../../../envs/drawing/palette.ts';
import type { SummaryRow } from '../../../harness/experiment.ts';
import { intervalChart } from '../../../harness/report/intervalChart.ts';
import { policyNames } from '../../shared/lakePolicies.ts';

/** Minimax values by policy, with dashed lines at values that are known. */
export function minimaxChart(
  rows: readonly SummaryRow[],
  { x, lines }: { readonly x: string; readonly lines: readonly number[] },
): TopLevelSpec {
  const chart = intervalChart(rows, { x, domain: [0, 0.55], policies: policyNames }) as { layer: object[] };
  const line = {
    data: { values: lines.map((value) => ({ value })) },
    mark: { type: 'rule', strokeDash: [4, 3], color: themeColour('muted') },
    encoding: { x: { field: 'value', type: 'quantitative' }, y: null, color: null },
  };
  return { ...chart, layer: [line, ...chart.layer] } as unknown as TopLevelSpec;
}
