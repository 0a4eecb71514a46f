import type { TopLevelSpec } from 'vega-lite';
import { themeColour } from '../../envs/drawing/palette.ts';
import { start } from '../../envs/lake/lakeMap.ts';
import { lakeView } from './lakeView.ts';

/**
 * The plane of velocities at the start, [−extent, extent]², with a layer on it. A circle marks full speed. The shaded wedge holds the
 * directions in which a straight walk meets the lake.
 */
export function velocityPlane(extent: number, layer: (axes: { x: object; y: object }) => object): TopLevelSpec {
  const axis = { values: [-1, 0, 1], grid: false, labelFontSize: 11, labelPadding: 2, tickSize: 3, titlePadding: 2 };
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
  const shore = extent * Math.tan(lakeView(start)!.half);
  const wedge = [
    { order: 0, x: 0, y: 0 },
    { order: 1, x: extent, y: -shore },
    { order: 2, x: extent, y: shore },
    { order: 3, x: 0, y: 0 },
  ];
  return {
    width: 140,
    height: 140,
    padding: 2,
    layer: [
      line(wedge, { filled: true, fill: themeColour('water') }),
      layer({ x, y }),
      line(circle, { stroke: themeColour('faint'), strokeDash: [3, 3], strokeWidth: 1 }),
    ],
  } as unknown as TopLevelSpec;
}
