import type { TopLevelSpec } from 'vega-lite';
import { border, home, lake, start } from '../../envs/lake/lakeMap.ts';
import type { Walk } from './walks.ts';

/** Colours of the two banks, and of walks that end in the water: apart from each other in any common colour vision. */
const WALK_COLOURS = {
  domain: ['home by the upper bank', 'home by the lower bank', 'drowned', 'out of time'],
  range: ['#0072B2', '#E69F00', '#B2182B', '#888888'],
};

export interface LakePanel {
  readonly title: string;
  readonly walks: readonly Walk[];
}

/** The lake from above, once for each panel, with walks coloured by the bank they took. Axes are positions, one unit = one length. */
export function lakeFigure(panels: readonly LakePanel[], columns: number): TopLevelSpec {
  return {
    columns,
    spacing: { row: 18, column: 14 },
    concat: panels.map(({ title, walks }) => lakePanel(title, walks)),
    resolve: { legend: { color: 'shared' } },
  } as TopLevelSpec;
}

function lakePanel(title: string, walks: readonly Walk[]) {
  const domain = [-border, border];
  const axis = { values: [-2, -1, 0, 1, 2], grid: false, title: null, labelFontSize: 10 };
  const x = { field: 'x', type: 'quantitative', scale: { domain, nice: false }, axis };
  const y = { field: 'y', type: 'quantitative', scale: { domain, nice: false }, axis };
  const color = {
    field: 'end',
    type: 'nominal',
    scale: WALK_COLOURS,
    legend: {
      title: null,
      orient: 'bottom',
      direction: 'horizontal',
      symbolType: 'stroke',
      symbolStrokeWidth: 3,
      labelLimit: 240,
    },
  };
  const disc = (name: string, center: { x: number; y: number; radius: number }) =>
    Array.from({ length: 65 }, (_, i) => ({
      name,
      order: i,
      x: center.x + center.radius * Math.cos((i * Math.PI) / 32),
      y: center.y + center.radius * Math.sin((i * Math.PI) / 32),
    }));
  const outline = (values: object[], fill: string, stroke: string) => ({
    data: { values },
    mark: { type: 'line', filled: true, fill, stroke, strokeWidth: 1 },
    encoding: { x, y, order: { field: 'order', type: 'quantitative' } },
  });
  const label = (text: string, at: { x: number; y: number }, style: object) => ({
    data: { values: [{ text, ...at }] },
    mark: { type: 'text', fontSize: 11, ...style },
    encoding: { x, y, text: { field: 'text' } },
  });
  return {
    title: { text: title, anchor: 'middle', fontSize: 12 },
    width: 168,
    height: 168,
    layer: [
      outline(disc('lake', lake), '#CFE6F5', '#7FB3D5'),
      outline(disc('home', home), '#D8EFD8', '#4C9A4C'),
      {
        data: { values: walks.flatMap((walk, i) => pathOf(walk).map((point) => ({ ...point, walk: i }))) },
        mark: { type: 'line', strokeWidth: 0.9, opacity: 0.6, strokeJoin: 'round' },
        encoding: { x, y, color, detail: { field: 'walk' }, order: { field: 'order', type: 'quantitative' } },
      },
      {
        data: { values: walks.filter(({ outcome }) => outcome === 'drowned').map(lastPointOf) },
        mark: { type: 'point', shape: 'cross', angle: 45, filled: true, size: 26, opacity: 0.8 },
        encoding: { x, y, color },
      },
      {
        data: { values: [start] },
        mark: { type: 'point', filled: true, color: '#222', size: 34, opacity: 1 },
        encoding: { x, y },
      },
      label('start', start, { dy: 14, color: '#222' }),
      label('home', home, { dy: 32, color: '#2F6B2F' }),
      label('lake', { x: 0, y: 0 }, { color: '#3A6E8F', fontStyle: 'italic' }),
    ],
  };
}

function endOf({ outcome, bank }: Walk): string {
  if (outcome === 'home') return `home by the ${bank ?? 'upper'} bank`;
  return outcome === 'drowned' ? 'drowned' : 'out of time';
}

function pathOf(walk: Walk) {
  const end = endOf(walk);
  return Array.from({ length: walk.positions.length / 2 }, (_, i) => ({
    order: i,
    end,
    x: walk.positions[2 * i],
    y: walk.positions[2 * i + 1],
  }));
}

function lastPointOf(walk: Walk) {
  return pathOf(walk).at(-1);
}
