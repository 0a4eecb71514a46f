import type { Layer, MarkStyle, Position } from '../../../cli/report/charts.ts';
import { themeColour } from '../../../envs/drawing/palette.ts';
import { type Point, start } from '../../../envs/lake/lakeMap.ts';
import { lakeView } from '../../../envs/lake/lakeView.ts';

/** A layer with the directions in which a straight walk from the start meets the lake, up to `extent` to the right. */
export function waterWedge(axes: PlaneAxes, extent: number): Layer {
  const shore = extent * Math.tan(lakeView(start)!.half);
  const [state, below, above] = [
    { x: 0, y: 0 },
    { x: extent, y: -shore },
    { x: extent, y: shore },
  ];
  return pathLayer(axes, [state, below, above, state], { filled: true, fill: themeColour('water') });
}

/** Encodings of both axes of a plane, for Vega-Lite. */
export interface PlaneAxes {
  readonly x: Position;
  readonly y: Position;
}

/** A layer in which points are joined in their order. */
export function pathLayer({ x, y }: PlaneAxes, points: readonly Point[], mark: MarkStyle): Layer {
  return {
    data: { values: points.map((point, order) => ({ order, ...point })) },
    mark: { type: 'line', ...mark },
    encoding: { x, y, order: { field: 'order', type: 'quantitative' } },
  };
}
