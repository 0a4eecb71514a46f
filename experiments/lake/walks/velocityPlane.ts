import type { TopLevelSpec } from 'vega-lite';
import type { Layer } from '../../../cli/report/charts.ts';
import { themeColour } from '../../../envs/drawing/palette.ts';
import { type PlaneAxes, pathLayer, waterWedge } from './waterWedge.ts';

/**
 * The plane of velocities at the start, [−extent, extent]², with a layer on it. A circle marks full speed. The shaded wedge holds the
 * directions in which a straight walk meets the lake.
 */
export function velocityPlane(extent: number, layer: (axes: PlaneAxes) => Layer): TopLevelSpec {
  const axis = {
    values: [-1, 0, 1],
    grid: false,
    labelFontSize: 13,
    labelPadding: 2,
    tickSize: 3,
    titlePadding: 2,
    titleFontSize: 13,
  };
  const scale = { domain: [-extent, extent], nice: false };
  const axes: PlaneAxes = {
    x: { field: 'x', type: 'quantitative', scale, axis: { ...axis, title: 'vx' } },
    y: { field: 'y', type: 'quantitative', scale, axis: { ...axis, title: 'vy', titleAngle: 0 } },
  };
  const circle = Array.from({ length: 65 }, (_, i) => ({
    x: Math.cos((i * Math.PI) / 32),
    y: Math.sin((i * Math.PI) / 32),
  }));
  return {
    width: 140,
    height: 140,
    padding: 2,
    layer: [
      waterWedge(axes, extent),
      layer(axes),
      pathLayer(axes, circle, { stroke: themeColour('faint'), strokeDash: [3, 3], strokeWidth: 1 }),
    ],
  };
}
