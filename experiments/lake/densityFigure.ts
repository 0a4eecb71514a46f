import type { TopLevelSpec } from 'vega-lite';
import type { StartDensity } from './startDensity.ts';

export interface DensityPanel {
  readonly title: string;
  readonly density: StartDensity;
}

/** Cells below this share of the panel's peak are left blank. */
const VISIBLE = 0.01;

/**
 * The density over velocities at the start, once for each panel; colours run to each panel's own peak. A circle marks full
 * speed. The shaded wedge holds the directions in which a straight walk meets the lake.
 */
export function densityFigure(panels: readonly DensityPanel[], columns: number): TopLevelSpec {
  return {
    columns,
    spacing: { row: 18, column: 14 },
    concat: panels.map(({ title, density }) => densityPanel(title, density)),
    resolve: { scale: { color: 'shared' } },
  } as TopLevelSpec;
}

/** Half the angle under which the lake (radius .7) is seen from the start, 1.5 away from its centre. */
const LAKE_ANGLE = Math.asin(0.7 / 1.5);

function densityPanel(title: string, { extent, size, density }: StartDensity) {
  const step = (2 * extent) / size;
  const peak = Math.max(...density);
  const cells = density
    .map((value, i) => ({
      x: -extent + (i % size) * step,
      y: -extent + Math.floor(i / size) * step,
      share: value / peak,
    }))
    .filter(({ share }) => share >= VISIBLE)
    .map(({ x, y, share }) => ({ x, x2: x + step, y, y2: y + step, share: Number(share.toPrecision(2)) }));
  const axis = { values: [-1, 0, 1], grid: false, labelFontSize: 10 };
  const scale = { domain: [-extent, extent], nice: false };
  const x = { field: 'x', type: 'quantitative', scale, axis: { ...axis, title: 'vx' } };
  const y = { field: 'y', type: 'quantitative', scale, axis: { ...axis, title: 'vy', titleAngle: 0 } };
  const line = (values: object[], mark: object) => ({
    data: { values },
    mark: { type: 'line', ...mark },
    encoding: { x, y, order: { field: 'order', type: 'quantitative' } },
  });
  const circle = Array.from({ length: 65 }, (_, order) => ({
    order,
    x: Math.cos((order * Math.PI) / 32),
    y: Math.sin((order * Math.PI) / 32),
  }));
  const wedge = [
    { order: 0, x: 0, y: 0 },
    { order: 1, x: extent, y: extent * Math.tan(-LAKE_ANGLE) },
    { order: 2, x: extent, y: extent * Math.tan(LAKE_ANGLE) },
    { order: 3, x: 0, y: 0 },
  ];
  return {
    title: { text: title, anchor: 'middle', fontSize: 12 },
    width: 168,
    height: 168,
    layer: [
      line(wedge, { filled: true, fill: '#CFE6F5', opacity: 0.6, stroke: null }),
      {
        data: { values: cells },
        mark: { type: 'rect', strokeWidth: 0 },
        encoding: {
          x,
          x2: { field: 'x2' },
          y,
          y2: { field: 'y2' },
          color: {
            field: 'share',
            type: 'quantitative',
            scale: { scheme: 'orangered', domain: [0, 1] },
            legend: {
              title: 'density, share of its peak',
              orient: 'bottom',
              format: '.0%',
              gradientLength: 160,
              titleLimit: 300,
            },
          },
        },
      },
      line(circle, { stroke: '#888', strokeDash: [3, 3], strokeWidth: 1 }),
    ],
  };
}
