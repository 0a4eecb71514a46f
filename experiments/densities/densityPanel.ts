import type { TopLevelSpec } from 'vega-lite';
import { densityImage } from '../shared/inkImage.ts';
import type { Picture } from './fitFamily.ts';

/** A density over a square: the darker, the denser, up to a peak. */
export function densityPanel(picture: Picture, { extent, peak }: { extent: number; peak: number }): TopLevelSpec {
  const axis = { values: [-extent, 0, extent], grid: false, labels: false, ticks: false, title: null };
  const scale = { domain: [-extent, extent], nice: false };
  return {
    width: 140,
    height: 140,
    padding: 2,
    data: { values: [{ x: -extent, x2: extent, y: -extent, y2: extent }] },
    mark: { type: 'image', url: densityImage(picture, peak), aspect: false },
    encoding: {
      x: { field: 'x', type: 'quantitative', scale, axis },
      x2: { field: 'x2' },
      y: { field: 'y', type: 'quantitative', scale, axis },
      y2: { field: 'y2' },
    },
  };
}
