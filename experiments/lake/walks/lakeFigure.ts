import type { TopLevelSpec } from 'vega-lite';
import type { Walk } from '../../../agents/lake.ts';
import type { LegendEntry } from '../../../cli/experiment/experiment.ts';
import type { Layer, MarkStyle, Position } from '../../../cli/report/charts.ts';
import { themeColour } from '../../../envs/drawing/palette.ts';
import { type Bank, border, home, lake, start } from '../../../envs/lake/lakeMap.ts';
import { swatch } from '../../shared/swatch.ts';

const DROWNED = themeColour('ink');
const OUT_OF_TIME = themeColour('faint');

/** How walks are drawn: those that get home in the policy's colour, the others apart from any. */
export const walksLegend: readonly LegendEntry[] = [
  { label: 'home, in the policy’s colour', swatch: swatch('<path d="M0 5c8-8 16 8 24 0" stroke="currentColor"/>') },
  {
    label: 'drowned',
    swatch: swatch(`<path d="M0 5h14M15 1l8 8m0-8l-8 8" stroke="${DROWNED}" stroke-width="2"/>`),
  },
  { label: 'out of time', swatch: swatch(`<path d="M0 5h24" stroke="${OUT_OF_TIME}" stroke-dasharray="2 2"/>`) },
];

/** The lake from above with walks on it, and a blocked bank. Axes are positions, one unit = one length. */
export function lakeFigure(walks: readonly Walk[], colour: string, blocked?: Bank): TopLevelSpec {
  const domain = [-border, border];
  const axis = { values: [-2, -1, 0, 1, 2], grid: false, title: null, labelFontSize: 13, labelPadding: 2, tickSize: 3 };
  const x: Position = { field: 'x', type: 'quantitative', scale: { domain, nice: false }, axis };
  const y: Position = { field: 'y', type: 'quantitative', scale: { domain, nice: false }, axis };
  const disc = (center: { x: number; y: number; radius: number }) =>
    Array.from({ length: 65 }, (_, i) => ({
      order: i,
      x: center.x + center.radius * Math.cos((i * Math.PI) / 32),
      y: center.y + center.radius * Math.sin((i * Math.PI) / 32),
    }));
  const outline = (values: object[], style: MarkStyle): Layer => ({
    data: { values },
    mark: { type: 'line', strokeWidth: 1, ...style },
    encoding: { x, y, order: { field: 'order', type: 'quantitative' } },
  });
  const flood = (bank: Bank) => {
    const side = bank === 'upper' ? 1 : -1;
    const ends = [lake.radius, border].map((distance, order) => ({ x: 0, y: side * distance, order }));
    return outline(ends, { stroke: themeColour('water'), strokeWidth: 5 });
  };
  const label = (text: string, at: { x: number; y: number }, style: MarkStyle): Layer => ({
    data: { values: [{ text, x: at.x, y: at.y }] },
    mark: { type: 'text', fontSize: 13, color: themeColour('ink'), ...style },
    encoding: { x, y, text: { field: 'text' } },
  });
  const ended = (outcome: Walk['outcome']) => walks.filter((walk) => walk.outcome === outcome);
  const paths = (some: readonly Walk[], style: MarkStyle): Layer => ({
    data: { values: some.flatMap((walk, i) => pathOf(walk).map((point) => ({ ...point, walk: i }))) },
    mark: { type: 'line', strokeWidth: 0.9, strokeJoin: 'round', ...style },
    encoding: { x, y, detail: { field: 'walk' }, order: { field: 'order', type: 'quantitative' } },
  });
  return {
    width: 150,
    height: 150,
    padding: 2,
    layer: [
      outline(disc(lake), { filled: true, fill: themeColour('water') }),
      ...(blocked === undefined ? [] : [flood(blocked)]),
      outline(disc(home), { stroke: themeColour('ink'), strokeDash: [3, 2] }),
      paths(ended('timeout'), { stroke: OUT_OF_TIME, opacity: 0.6, strokeDash: [2, 2] }),
      paths(ended('home'), { stroke: colour, opacity: 0.65 }),
      paths(ended('drowned'), { stroke: DROWNED, opacity: 0.45 }),
      {
        data: { values: ended('drowned').map((walk) => pathOf(walk).at(-1)) },
        mark: { type: 'point', shape: 'cross', angle: 45, filled: true, size: 24, opacity: 0.85, color: DROWNED },
        encoding: { x, y },
      },
      {
        data: { values: [{ x: start.x, y: start.y }] },
        mark: { type: 'point', filled: true, color: themeColour('ink'), size: 34, opacity: 1 },
        encoding: { x, y },
      },
      label('start', start, { dy: 14 }),
      label('home', home, { dy: 29 }),
      label('lake', { x: 0, y: 0 }, { fontStyle: 'italic' }),
    ],
  };
}

function pathOf({ positions }: Walk) {
  return Array.from({ length: positions.length / 2 }, (_, i) => ({
    order: i,
    x: positions[2 * i],
    y: positions[2 * i + 1],
  }));
}
