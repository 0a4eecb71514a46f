import type { TopLevelSpec } from 'vega-lite';
import type { Position } from '../../cli/report/charts.ts';

/** Samples as they are best seen: points of a plane, or series over time. The axes are those of `extent`, for all panels alike. */
export function samplesFigure(samples: readonly (readonly number[])[], extent: Extent, colour: string): TopLevelSpec {
  const axis = { grid: false, labelFontSize: 11, labelPadding: 2, tickSize: 3, titlePadding: 2, tickCount: 3 };
  const isPlane = samples[0]!.length === 2;
  const across = isPlane ? extent.x : ([1, samples[0]!.length] as const);
  const x: Position = {
    field: 'x',
    type: 'quantitative',
    scale: { domain: [...across], nice: false },
    axis: { ...axis, title: isPlane ? 'x₁' : 'time', ...(!isPlane && { values: [...across] }) },
  };
  const y: Position = {
    field: 'y',
    type: 'quantitative',
    scale: { domain: [...extent.y], nice: false },
    axis: { ...axis, title: isPlane ? 'x₂' : 'x', titleAngle: 0 },
  };
  const values = isPlane
    ? samples.map(([first, second]) => ({ x: first, y: second }))
    : samples.flatMap((series, i) => series.map((value, t) => ({ x: t + 1, y: value, series: i })));
  return {
    width: 150,
    height: 130,
    padding: 2,
    data: { values },
    mark: isPlane
      ? { type: 'circle', size: 5, opacity: 0.6, color: colour, clip: true }
      : { type: 'line', strokeWidth: 0.9, opacity: 0.55, stroke: colour, clip: true },
    encoding: { x, y, ...(!isPlane && { detail: { field: 'series' } }) },
  };
}

/** The ranges of the axes. */
export interface Extent {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}
