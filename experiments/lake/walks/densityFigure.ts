import type { TopLevelSpec } from 'vega-lite';
import { inkImage } from '../../harness/report/inkImage.ts';
import type { StartDensity } from './startDensity.ts';
import { velocityPlane } from './velocityPlane.ts';

/** The density over velocities at the start: the darker, the denser, up to its own peak. */
export function densityFigure(density: StartDensity): TopLevelSpec {
  const { extent } = density;
  return velocityPlane(extent, ({ x, y }) => ({
    data: { values: [{ x: -extent, x2: extent, y: -extent, y2: extent }] },
    mark: { type: 'image', url: inkImage(density), aspect: false },
    encoding: { x, x2: { field: 'x2' }, y, y2: { field: 'y2' } },
  }));
}
