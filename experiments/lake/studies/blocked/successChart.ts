import type { TopLevelSpec } from 'vega-lite';
import { policyNames } from '../../../../agents/lake.ts';
import type { SummaryRow } from '../../../../cli/experiment/experiment.ts';
import type { Colour, Encoding, Position } from '../../../../cli/report/charts.ts';
import { policyColours, themeColour } from '../../../../envs/drawing/palette.ts';

/** Success within k tries by policy, with 95 % intervals, over the dashed curve 1 − 2⁻ᵏ of two even modes. */
export function successChart(rows: readonly SummaryRow[], tries: readonly number[]): TopLevelSpec {
  const values = tries.flatMap((k) =>
    rows
      .filter(({ metric, iqm }) => metric === `success${k}` && iqm !== null)
      .map(({ policy, iqm, low, high }) => ({ k, policy, iqm, low: low ?? iqm, high: high ?? iqm })),
  );
  const shown = policyNames.filter((name) => values.some(({ policy }) => policy === name));
  const { domain, range } = policyColours(policyNames);
  const colours = shown.map((name) => range[domain.indexOf(name)]!);
  const x: Position = { field: 'k', type: 'ordinal', title: 'tries', axis: { labelAngle: 0 } };
  const y: Position = {
    field: 'iqm',
    type: 'quantitative',
    title: 'success, worst bank',
    scale: { domain: [0, 1] },
    axis: { format: '%' },
  };
  const color: Colour = {
    field: 'policy',
    type: 'nominal',
    scale: { domain: shown, range: colours },
    legend: { title: null, orient: 'bottom', columns: 2 },
  };
  const apart: Encoding = { xOffset: { field: 'policy', type: 'nominal', scale: { domain: shown } } };
  return {
    width: 270,
    height: 220,
    layer: [
      {
        data: { values: tries.map((k) => ({ k, iqm: 1 - 2 ** -k })) },
        mark: { type: 'line', strokeDash: [4, 3], color: themeColour('muted') },
        encoding: { x, y },
      },
      {
        data: { values },
        mark: { type: 'rule', strokeWidth: 2, opacity: 0.6 },
        encoding: { x, ...apart, color, y: { ...y, field: 'low' }, y2: { field: 'high' } },
      },
      {
        data: { values },
        mark: { type: 'point', filled: true, size: 50, opacity: 1 },
        encoding: { x, ...apart, color, y },
      },
    ],
  };
}
