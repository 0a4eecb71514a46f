import type { TopLevelSpec } from 'vega-lite';
import type { LegendEntry } from '../../../../cli/experiment/experiment.ts';
import type { Position } from '../../../../cli/report/charts.ts';
import { themeColour } from '../../../../envs/drawing/palette.ts';
import { opponentBanks } from '../../../../envs/index.ts';
import { swatch } from '../../../shared/swatch.ts';
import { DRAWN_ACTIONS } from '../../bandit/drawnDensity.ts';

/** How densities against an opponent are drawn. */
export const opponentDensityLegend: readonly LegendEntry[] = [
  {
    label: 'the policy',
    swatch: swatch('<path d="M0 8c8 0 6-7 12-7s4 7 12 7" stroke="currentColor" stroke-width="2"/>'),
  },
  { label: 'banks', swatch: swatch(`<path d="M0 10h24V0H0z" fill="${themeColour('line')}"/>`) },
];

/** A policy's density over actions, in its colour, over the two banks. @param top where the axis of densities ends */
export function opponentDensityFigure(
  density: readonly number[],
  { colour, top }: { readonly colour: string; readonly top: number },
): TopLevelSpec {
  const axis = { grid: false, labelFontSize: 12, labelPadding: 2, tickSize: 3, titlePadding: 2 };
  const x: Position = {
    field: 'action',
    type: 'quantitative',
    scale: { domain: [DRAWN_ACTIONS[0]!, DRAWN_ACTIONS.at(-1)!], nice: false },
    axis: { ...axis, values: [-2, -1, 0, 1, 2], title: 'action' },
  };
  const y: Position = {
    field: 'density',
    type: 'quantitative',
    scale: { domain: [0, top], nice: false },
    axis: { ...axis, tickCount: 3, title: 'density' },
  };
  const values = DRAWN_ACTIONS.map((action, i) => ({ action, density: density[i]! }));
  const { nearest, farthest } = opponentBanks;
  const banks = [
    { action: -farthest, to: -nearest },
    { action: nearest, to: farthest },
  ];
  return {
    width: 140,
    height: 110,
    padding: 2,
    layer: [
      {
        data: { values: banks },
        mark: { type: 'rect', fill: themeColour('line') },
        encoding: { x, x2: { field: 'to' } },
      },
      { data: { values }, mark: { type: 'line', stroke: colour, strokeWidth: 2 }, encoding: { x, y } },
    ],
  };
}
