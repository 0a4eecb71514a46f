import type { TopLevelSpec } from 'vega-lite';
import type { LegendEntry } from '../../../../../cli/experiment/experiment.ts';
import { themeColour } from '../../../../../envs/drawing/palette.ts';
import { headingCurve } from '../../../../../envs/lake/lakeView.ts';
import { swatch } from '../../../../shared/swatch.ts';
import { type PlaneAxes, pathLayer, waterWedge } from '../../../walks/waterWedge.ts';

export const headingLegend: readonly LegendEntry[] = [
  { label: 'soft optimum', swatch: swatch(`<path d="M0 1h24v8H0z" fill="${themeColour('faint')}" stroke="none"/>`) },
  { label: 'policy, in its colour', swatch: swatch('<path d="M0 5h24" stroke="currentColor"/>') },
  {
    label: 'headings into the water',
    swatch: swatch(`<path d="M0 1h24v8H0z" fill="${themeColour('water')}" stroke="none"/>`),
  },
];

/** Densities over headings at the start as curves about it. Home lies to the right. @param extent half the side of what is shown */
export function headingFigure(
  density: readonly number[],
  {
    optimal,
    colour,
    extent,
  }: { readonly optimal: readonly number[]; readonly colour: string; readonly extent: number },
): TopLevelSpec {
  const scale = { domain: [-extent, extent], nice: false };
  const axis = { title: null, labels: false, ticks: false, grid: false };
  const axes: PlaneAxes = {
    x: { field: 'x', type: 'quantitative', scale, axis },
    y: { field: 'y', type: 'quantitative', scale, axis },
  };
  return {
    width: 150,
    height: 150,
    padding: 2,
    layer: [
      waterWedge(axes, extent),
      pathLayer(axes, headingCurve(optimal), { filled: true, fill: themeColour('faint'), opacity: 0.55 }),
      pathLayer(axes, headingCurve(density), { stroke: colour, strokeWidth: 1.6 }),
    ],
  };
}
