import { themeColour } from '../../../envs/drawing/palette.ts';
import { start } from '../../../envs/lake/lakeMap.ts';
import { lakeView } from './lakeView.ts';
import { type PlaneAxes, pathLayer } from './pathLayer.ts';

/** A layer with the directions in which a straight walk from the start meets the lake, up to `extent` to the right. */
export function waterWedge(axes: PlaneAxes, extent: number): object {
  const shore = extent * Math.tan(lakeView(start)!.half);
  const [state, below, above] = [
    { x: 0, y: 0 },
    { x: extent, y: -shore },
    { x: extent, y: shore },
  ];
  return pathLayer(axes, [state, below, above, state], { filled: true, fill: themeColour('water') });
}
