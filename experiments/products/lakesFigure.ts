import type { TopLevelSpec } from 'vega-lite';
import type { SummaryRow } from '../../cli/experiment/experiment.ts';
import { type Layer, lineColours, type Position } from '../../cli/report/charts.ts';
import { themeColour } from '../../envs/drawing/palette.ts';
import { lakesOf } from './conditions.ts';
import { type ProductPolicy, productPolicies } from './productPolicies.ts';

/** Policies stand side by side at each number of lakes. */
const APART = 0.06;

/** A curve that is drawn beside what was measured: a bound, say. */
export interface Guide {
  readonly at: (lakes: number) => number;
}

/** A metric against how many lakes are walked at once: a line a policy through its interquartile means, with 95 % intervals. */
export function lakesFigure(
  rows: readonly SummaryRow[],
  {
    y: title,
    format,
    guides = [],
  }: { readonly y: string; readonly format?: string; readonly guides?: readonly Guide[] },
): TopLevelSpec {
  const measured = rows.filter(({ iqm }) => iqm !== null);
  const shown = productPolicies.filter((name) => measured.some(({ policy }) => policy === name));
  const counts = [...new Set(measured.map(({ condition }) => lakesOf(condition!)))].sort((a, b) => a - b);
  const points = measured.map(({ condition, policy, iqm, low, high }) => {
    const place = shown.indexOf(policy as ProductPolicy) - (shown.length - 1) / 2;
    return { policy, lakes: lakesOf(condition!) + APART * place, iqm, low, high };
  });
  const x: Position = {
    field: 'lakes',
    type: 'quantitative',
    title: 'lakes walked at once',
    scale: { domain: [Math.min(...counts) - 0.4, Math.max(...counts) + 0.4], nice: false },
    axis: { values: counts, format: 'd', grid: false },
  };
  const y = (field: string): Position => ({
    field,
    type: 'quantitative',
    title,
    scale: { domainMin: 0 },
    axis: { tickCount: 5, ...(format !== undefined && { format }) },
  });
  const color = lineColours(productPolicies, new Set(shown));
  return {
    width: 300,
    height: 220,
    layer: [
      ...guides.map(
        ({ at }): Layer => ({
          data: { values: counts.map((lakes) => ({ lakes, bound: at(lakes) })) },
          mark: { type: 'line', stroke: themeColour('muted'), strokeDash: [5, 4], strokeWidth: 1.5 },
          encoding: { x, y: y('bound') },
        }),
      ),
      {
        data: { values: points },
        mark: { type: 'line', strokeWidth: 1.5, opacity: 0.6 },
        encoding: { x, y: y('iqm'), color },
      },
      {
        data: { values: points.filter(({ low }) => low !== null) },
        mark: { type: 'rule', strokeWidth: 4, opacity: 0.6 },
        encoding: { x, y: y('low'), y2: { field: 'high' }, color },
      },
      {
        data: { values: points },
        mark: { type: 'point', filled: true, size: 50, opacity: 1, stroke: themeColour('paper'), strokeWidth: 1 },
        encoding: { x, y: y('iqm'), color },
      },
    ],
  };
}
