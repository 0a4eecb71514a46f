import type { TopLevelSpec } from 'vega-lite';
import { themeColour } from '../../../envs/drawing/palette.ts';
import type { LegendEntry } from '../../harness/experiment.ts';

/** Half the angle under which the lake (radius .7) is seen from the start, 1.5 away from its centre. */
const LAKE_ANGLE = Math.asin(0.7 / 1.5);

export const headingLegend: readonly LegendEntry[] = [
  { label: 'soft optimum', swatch: swatch(`<path d="M0 1h24v8H0z" fill="${themeColour('faint')}" stroke="none"/>`) },
  { label: 'policy, in its colour', swatch: swatch('<path d="M0 5h24" stroke="currentColor"/>') },
  {
    label: 'headings into the water',
    swatch: swatch(`<path d="M0 1h24v8H0z" fill="${themeColour('water')}" stroke="none"/>`),
  },
];

function swatch(marks: string): string {
  return `<svg aria-hidden="true" width="24" height="10" viewBox="0 0 24 10" fill="none" stroke-width="1.6">${marks}</svg>`;
}

/**
 * Densities over headings at the start as curves about it: the further from the middle, the denser, on a square-root scale, so that
 * areas are masses. Home lies to the right.
 */
export function headingFigure(density: readonly number[], optimal: readonly number[], colour: string): TopLevelSpec {
  const extent = 1.05 * Math.sqrt(Math.max(...density, ...optimal));
  const scale = { domain: [-extent, extent], nice: false };
  const axis = { title: null, labels: false, ticks: false, grid: false };
  const x = { field: 'x', type: 'quantitative', scale, axis };
  const y = { field: 'y', type: 'quantitative', scale, axis };
  const line = (values: object[], mark: object) => ({
    data: { values },
    mark: { type: 'line', ...mark },
    encoding: { x, y, order: { field: 'order', type: 'quantitative' } },
  });
  const around = (values: readonly number[]) =>
    Array.from({ length: values.length + 1 }, (_, order) => {
      const angle = ((order + 0.5) / values.length) * 2 * Math.PI - Math.PI;
      const radius = Math.sqrt(values[order % values.length]!);
      return { order, x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
    });
  const wedge = [
    { order: 0, x: 0, y: 0 },
    { order: 1, x: extent, y: -extent * Math.tan(LAKE_ANGLE) },
    { order: 2, x: extent, y: extent * Math.tan(LAKE_ANGLE) },
    { order: 3, x: 0, y: 0 },
  ];
  return {
    width: 150,
    height: 150,
    padding: 2,
    layer: [
      line(wedge, { filled: true, fill: themeColour('water') }),
      line(around(optimal), { filled: true, fill: themeColour('faint'), opacity: 0.55 }),
      line(around(density), { stroke: colour, strokeWidth: 1.6 }),
    ],
  } as unknown as TopLevelSpec;
}
